"""Steps of journeys, counted without following anyone: how often, on which day, and nothing else.

Counting is an addition in this process's memory, because it happens where pages leave the page cache and where
signatures are confirmed; what has gathered is stored once a minute by :mod:`app.performance`. A crash loses what was
counted since.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.core.clock import Clock


class Step(NamedTuple):
    """One step of a journey, on one local day."""

    journey: str
    step: str
    day: date


class Tally:
    """What one process has counted and not stored yet. Any thread may count."""

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        self._clock, self._zone = clock, zone
        self._lock = threading.Lock()
        self._counted: Counter[Step] = Counter()
        self._known = self._span(clock.now())

    def add(self, journey: str, step: str, times: int = 1, *, at: datetime | None = None) -> None:
        """``at``: an instant of the day that it belongs to, where that is not today."""
        at = at or self._clock.now()
        known = self._known
        if not known[0] <= at < known[1]:
            known = self._known = self._span(at)
        with self._lock:
            self._counted[Step(journey, step, known[2])] += times

    def add_marked(self, mark: str) -> None:
        """One step today, as ``journey:step``."""
        journey, _colon, step = mark.partition(":")
        self.add(journey, step)

    def take(self) -> Mapping[Step, int]:
        """All of it, to be stored; from then on it counts anew."""
        with self._lock:
            taken, self._counted = self._counted, Counter()
        return taken

    def give_back(self, taken: Mapping[Step, int]) -> None:
        """It could not be stored."""
        with self._lock:
            self._counted.update(taken)

    def _span(self, at: datetime) -> tuple[datetime, datetime, date]:
        """The local day of an instant, and when it begins and is over: to find it anew takes as long as all the rest."""
        day = at.astimezone(self._zone).date()
        begin, end = (datetime.combine(d, time(0), self._zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
        return begin, end, day
