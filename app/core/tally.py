"""Steps of journeys, counted without following anyone: how often, on which day, and nothing else.

Counting is an addition in this process's memory, because it happens where pages leave the page cache and where
signatures are confirmed; what has gathered is stored once a minute by :mod:`app.performance`. A crash loses what was
counted since.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
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

    def add(self, journey: str, step: str, times: int = 1, *, at: datetime | None = None) -> None:
        """``at``: an instant of the day that it belongs to, where that is not today."""
        day = (at or self._clock.now()).astimezone(self._zone).date()
        with self._lock:
            self._counted[Step(journey, step, day)] += times

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
