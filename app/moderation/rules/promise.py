"""By which day a moderator decides: the promised days, without those on which nobody moderates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)


class FreeDays(NamedTuple):
    """Days on which nobody moderates, the last one included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Promised:
    """The last local day of the promise; ``because`` names the holidays that moved it, in their order."""

    by: date
    because: tuple[str, ...] = ()


def promised_by(opened_at: datetime, promise_days: int, holidays: Sequence[FreeDays], zone: ZoneInfo) -> Promised:
    """The day that is ``promise_days`` days after the one it came in on, days of a holiday not counted."""
    day, left = opened_at.astimezone(zone).date(), promise_days
    moved: list[FreeDays] = []
    while left > 0:
        day += A_DAY
        free = [h for h in holidays if h.first <= day <= h.last]
        if free:
            moved += [h for h in free if h not in moved]
            day = max(h.last for h in free)
        else:
            left -= 1
    names = dict.fromkeys(h.name for h in sorted(moved, key=lambda h: (h.first, h.last)))
    return Promised(day, tuple(names))
