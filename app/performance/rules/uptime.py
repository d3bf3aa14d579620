"""Uptime from marks that the running site leaves, one a minute: what is not marked was not up.

Counted are whole minutes that are over, from the first mark that was ever left; before it nothing is known. Minutes
are instants, so a day has as many as it has, also where the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.performance.rules.periods import A_DAY, midnight

A_MINUTE = timedelta(minutes=1)


class Heart(StrEnum):
    """What leaves a mark: pages are served; letters and deadlines move."""

    PAGES = "pages"
    WORK = "work"


class Light(StrEnum):
    """How a day is drawn."""

    UP = "up"
    PARTLY = "partly"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Uptime:
    """Whole minutes of a day or of several: all that count, and those in which it was up for everything, or to read only."""

    minutes: int = 0
    open: int = 0
    read_only: int = 0

    @property
    def down(self) -> int:
        return self.minutes - self.open - self.read_only

    @property
    def counted(self) -> int:
        """Minutes that the share is of: those for which nobody had announced that it can only be read."""
        return self.minutes - self.read_only

    @property
    def share(self) -> float | None:
        """Per cent; None where nothing is known, never 100 with a minute down."""
        return percent(self.open, self.counted) if self.counted else None

    @property
    def light(self) -> Light:
        if not self.minutes:
            return Light.UNKNOWN
        if not self.down:
            return Light.UP
        return Light.PARTLY if self.open else Light.DOWN

    def __add__(self, other: Uptime) -> Uptime:
        return Uptime(self.minutes + other.minutes, self.open + other.open, self.read_only + other.read_only)


def total(parts: Iterable[Uptime]) -> Uptime:
    return sum(parts, Uptime())


def percent(part: int, whole: int) -> float:
    """With two places, rounded down: what is not whole is never 100."""
    return (10_000 * part // whole) / 100


def minute_of(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def minutes_to_count(day: date, first: datetime | None, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Of a local day, the minutes that count: from the first mark ever, and not the one that still runs.

    The instants at which they begin and are over; where there are none, the same.
    """
    begin, end = midnight(day, zone), min(midnight(day + A_DAY, zone), minute_of(now))
    begin = max(begin, first) if first is not None else end
    return begin, max(begin, end)


def count_minutes(begin: datetime, end: datetime) -> int:
    return (end - begin) // A_MINUTE
