"""How long until a hall begins, in one unit, and until when that is true."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

_UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}
#: in hours up to this, in days from it on
_IN_DAYS = timedelta(days=2)
_MINUTE = _UNITS["minutes"]


class Left(NamedTuple):
    """``unit``: ``days``, ``hours``, ``minutes``, or ``moment`` for less than a minute.

    Rounded down: whoever trusts it comes too early, never too late.
    """

    unit: str
    number: int


def until(starts: datetime, now: datetime) -> Left | None:
    """None once it should have begun."""
    left = starts - now
    if left <= timedelta():
        return None
    unit = _unit(left)
    return Left(unit, left // _UNITS[unit]) if unit != "moment" else Left(unit, 0)


def changes_at(starts: datetime, now: datetime) -> datetime | None:
    """The next instant at which :func:`until` says something else; None once it says nothing."""
    left = starts - now
    if left <= timedelta():
        return None
    unit = _unit(left)
    if unit == "moment":
        return starts
    whole = left // _UNITS[unit] * _UNITS[unit]
    return starts - whole + timedelta(microseconds=1)


def _unit(left: timedelta) -> str:
    if left >= _IN_DAYS:
        return "days"
    return next((unit for unit in ("hours", "minutes") if left >= _UNITS[unit]), "moment")


def minutes_of(starts: datetime, ends: datetime) -> int:
    """How long it takes, in whole minutes."""
    return max(1, round((ends - starts) / _MINUTE))
