"""The desk's own numbers in this deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.settings import civic_values


@dataclass(frozen=True)
class ModerationPolicy:
    """``reports_hide_at``: distinct trusted people whose reports hide a text until a moderator has looked."""

    reports_hide_at: int = 3
    appeal_days: int = 30
    #: local hour from which moderators on duty are told what waits
    letter_hour: int = 8

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> ModerationPolicy:
        """Read ``TOWNSQUARE_MODERATION_*``; ValueError names the wrong one."""
        return cls(**civic_values("moderation", section, cls))

    def appeal_until(self, decided_at: datetime) -> datetime:
        """The instant from which it is too late."""
        return decided_at + timedelta(days=self.appeal_days)
