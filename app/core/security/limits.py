"""Limits by network: people behind one library address get through, a script does not.

Counted in this process's memory, or by the ``limits`` library in Redis where several processes
share them. A limit never decides what is true, only who waits.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerSecond
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from app.core.errors import TooMany

log = logging.getLogger("townsquare.limits")


@dataclass(frozen=True)
class Allowance:
    """How many acts one network may do: in a short window (a minute, unless ``seconds`` says otherwise), and an hour."""

    most: int = 60
    an_hour: int = 1000
    seconds: int = 60


class Limits:
    """``on`` in production, ``off`` in demo and development."""

    def __init__(self, *, on: bool, redis_url: str = "") -> None:
        self.on = on
        self._windows: Windows = SharedWindows(redis_url) if redis_url else OwnWindows()

    def spend(self, allowance: Allowance, address: str, *what: str) -> None:
        """Count one act of this network; raises :class:`TooMany` past the allowance."""
        if self.on:
            wait = self._windows.spend(allowance, (network_of(address), *what))
            if wait > 0:
                raise TooMany(retry_after=int(wait) + 1)


class Windows(Protocol):
    def spend(self, allowance: Allowance, key: tuple[str, ...]) -> float:
        """Count one act; answers 0, or the seconds to wait where it is one too many."""


class OwnWindows:
    """This process's own counts, in fixed windows of a minute and an hour.

    The ``limits`` library's memory storage took 9 % of a signature's whole cost, this takes
    under 1 %: measured in docs/decisions/0012.
    """

    MOST_KEYS = 200_000

    def __init__(self) -> None:
        self._short: dict[tuple[str, ...], tuple[int, int]] = {}
        self._hour: dict[tuple[str, ...], int] = {}
        self._this_hour = 0

    def spend(self, allowance: Allowance, key: tuple[str, ...]) -> float:
        now = time.time()
        self._turn(int(now // 3600))
        window = int(now // allowance.seconds)
        counted_in, count = self._short.get(key, (window, 0))
        if counted_in != window:
            count = 0
        hour = self._hour.get(key, 0)
        if hour >= allowance.an_hour:
            return 3600 - now % 3600
        if count >= allowance.most:
            return allowance.seconds - now % allowance.seconds
        self._short[key], self._hour[key] = (window, count + 1), hour + 1
        return 0.0

    def _turn(self, hour: int) -> None:
        """A new hour begins empty; so do the counts that a flood of networks has filled."""
        if hour != self._this_hour or len(self._short) > self.MOST_KEYS:
            self._short, self._hour, self._this_hour = {}, {}, hour


class SharedWindows:
    """Counts in Redis or Valkey, for several processes; while it is out of reach nobody is refused."""

    def __init__(self, url: str) -> None:
        self._storage = cast(Storage, storage_from_string(url))
        self._limiter = FixedWindowRateLimiter(self._storage)

    def spend(self, allowance: Allowance, key: tuple[str, ...]) -> float:
        try:
            for item in _items(allowance):
                if not self._limiter.hit(item, *key):
                    return self._limiter.get_window_stats(item, *key).reset_time - time.time() or 1.0
        except self._storage.base_exceptions:
            log.warning("shared limits are out of reach")
        return 0.0


@lru_cache(maxsize=32)
def _items(allowance: Allowance) -> tuple[RateLimitItem, ...]:
    return RateLimitItemPerSecond(allowance.most, allowance.seconds), RateLimitItemPerHour(allowance.an_hour)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: what one household or library shares."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))
