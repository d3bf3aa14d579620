"""Numbers a deployment may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.settings import civic_number


@dataclass(frozen=True)
class OutcomesPolicy:
    """``answer_days``: days a department has for an answer."""

    answer_days: int = 28

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> OutcomesPolicy:
        return cls(answer_days=civic_number("outcomes", section, "answer_days", 28))
