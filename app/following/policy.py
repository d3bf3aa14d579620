"""The numbers of following that a deployment may change (``TOWNSQUARE_FOLLOWING_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from app.core.settings import civic_number

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class FollowingPolicy:
    """When digests are made, and how long a letter's link to confirm works."""

    zone: ZoneInfo
    #: when news may leave, see ``TOWNSQUARE_NEWS_WINDOW``
    window: str
    #: local time; weekly ones on Mondays
    digest_at: time = time(7)
    confirm_days: int = 7
    #: how many things one mailbox can follow
    most: int = 200

    @classmethod
    def from_settings(cls, section: Mapping[str, str], zone: ZoneInfo, window: str) -> FollowingPolicy:
        """ValueError names the variable that is wrong."""
        text = section.get("digest_at", "07:00").strip()
        if not _TIME.fullmatch(text):
            raise ValueError(f"TOWNSQUARE_FOLLOWING_DIGEST_AT: {text!r} is not a time such as 07:00")
        return cls(
            digest_at=time.fromisoformat(text),
            confirm_days=civic_number("following", section, "confirm_days", cls.confirm_days),
            most=civic_number("following", section, "most", cls.most),
            zone=zone,
            window=window,
        )

    @property
    def confirm_within(self) -> timedelta:
        return timedelta(days=self.confirm_days)
