"""The numbers of published figures that a deployment may change (``TOWNSQUARE_PERFORMANCE_*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.settings import civic_values


@dataclass(frozen=True)
class PerformancePolicy:
    #: a share of fewer is not shown
    fewest: int = 10
    #: months for which each minute's heartbeat is kept; older ones are days
    minutes_months: int = 3

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> PerformancePolicy:
        """ValueError names the variable that is wrong."""
        return cls(**civic_values("performance", section, cls))
