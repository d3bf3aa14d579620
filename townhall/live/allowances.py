"""How often one participant may do what: buckets that fill again, in this process's memory."""

from __future__ import annotations

import time
from collections.abc import Callable

from townhall.rules.commands import RateLimited
from townhall.rules.operations import BUCKETS

Level = tuple[float, float]
#: past so many buckets everyone begins anew
MOST = 200_000


class Allowances:
    """Levels of buckets by who and what. ``clock`` answers seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[tuple[bytes, str], Level] = {}

    def spend(self, who: bytes, bucket: str) -> None:
        """Takes one from the bucket and one from that for anything; raises :class:`RateLimited` where one is empty."""
        now = self._clock()
        names = ("any",) if bucket == "any" else (bucket, "any")
        levels = {name: self._level(who, name, now) for name in names}
        wait = max((1 - level) * _seconds_each(name) for name, level in levels.items())
        if wait > 0:
            raise RateLimited(retry_ms=round(wait * 1000))
        if len(self._levels) > MOST:
            self._levels.clear()
        self._levels |= {(who, name): (level - 1, now) for name, level in levels.items()}

    def give_back(self, who: bytes, bucket: str) -> None:
        """What it was taken for did not come about."""
        for name in {bucket, "any"}:
            if (who, name) in self._levels:
                level, at = self._levels[who, name]
                self._levels[who, name] = (level + 1, at)

    def _level(self, who: bytes, bucket: str, now: float) -> float:
        most = BUCKETS[bucket][2]
        level, at = self._levels.get((who, bucket), (float(most), now))
        return min(float(most), level + (now - at) / _seconds_each(bucket))


def _seconds_each(bucket: str) -> float:
    acts, seconds, _most = BUCKETS[bucket]
    return seconds / acts
