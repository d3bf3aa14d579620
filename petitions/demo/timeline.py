"""The demo's past, in the order in which it happens."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

#: what happens, told the instant at which it does
Happening = Callable[[datetime], None]


class Timeline:
    """What is planned happens in the order of time, and may plan what comes after it."""

    def __init__(self) -> None:
        self._planned: list[tuple[datetime, int, Happening]] = []
        self._order = count()

    def plan(self, at: datetime, happening: Happening) -> None:
        heapq.heappush(self._planned, (at, next(self._order), happening))

    def live_until(self, now: datetime) -> None:
        """Everything up to now; what is planned for later never happens."""
        while self._planned and self._planned[0][0] <= now:
            at, _order, happening = heapq.heappop(self._planned)
            happening(at)
