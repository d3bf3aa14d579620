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
from app.core.security import events

log = logging.getLogger("townsquare.limits")


@dataclass(frozen=True)
class Allowance:
    """How many acts one network may do: in a short window (a minute, unless ``seconds`` says otherwise), and an hour."""

    most: int = 60
    an_hour: int = 1000
    seconds: int = 60


@dataclass(frozen=True)
class Left:
    """How many acts the window that is fuller still lets through, and the seconds until it begins anew."""

    allowance: Allowance
    acts: int
    seconds: int


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
                events.note(f"a limit: too many of {what[0] if what else 'one kind'}")
                raise TooMany(retry_after=int(wait) + 1)

    def left(self, allowance: Allowance, address: str, *what: str) -> Left | None:
        """What is left of an allowance, without counting anything; None where nothing is limited."""
        if not self.on:
            return None
        acts, seconds = self._windows.left(allowance, (network_of(address), *what))
        return Left(allowance, max(0, acts), max(0, int(seconds) + 1))


class Windows(Protocol):
    def spend(self, allowance: Allowance, key: tuple[str, ...]) -> float:
        """Count one act; answers 0, or the seconds to wait where it is one too many."""

    def left(self, allowance: Allowance, key: tuple[str, ...]) -> tuple[int, float]:
        """How many acts the fuller window lets through, and the seconds until it ends."""


class OwnWindows:
    """This process's own counts. A network's window begins with its first act and ends ``seconds``, or an hour, later.

    The ``limits`` library's memory storage took 9 % of a signature's whole cost, this takes
    under 1 %: measured in docs/decisions/0012.
    """

    MOST_KEYS = 200_000

    def __init__(self) -> None:
        self._short: dict[tuple[str, ...], tuple[float, int]] = {}
        self._hour: dict[tuple[str, ...], tuple[float, int]] = {}

    def spend(self, allowance: Allowance, key: tuple[str, ...]) -> float:
        now = time.time()
        began, count = _running(self._short, key, now, allowance.seconds)
        hour_began, in_hour = _running(self._hour, key, now, 3600)
        if in_hour >= allowance.an_hour:
            return hour_began + 3600 - now
        if count >= allowance.most:
            return began + allowance.seconds - now
        if len(self._hour) > self.MOST_KEYS:
            self._short, self._hour = {}, {}  # a flood of networks: everyone begins anew
        self._short[key], self._hour[key] = (began, count + 1), (hour_began, in_hour + 1)
        return 0.0

    def left(self, allowance: Allowance, key: tuple[str, ...]) -> tuple[int, float]:
        now = time.time()
        began, count = _running(self._short, key, now, allowance.seconds)
        hour_began, in_hour = _running(self._hour, key, now, 3600)
        short = (allowance.most - count, began + allowance.seconds - now)
        return min(short, (allowance.an_hour - in_hour, hour_began + 3600 - now))


def _running(
    windows: dict[tuple[str, ...], tuple[float, int]], key: tuple[str, ...], now: float, seconds: float
) -> tuple[float, int]:
    """When the window that runs for ``key`` began, and what it has counted; a new one where none runs."""
    began, count = windows.get(key, (now, 0))
    return (began, count) if now - began < seconds else (now, 0)


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

    def left(self, allowance: Allowance, key: tuple[str, ...]) -> tuple[int, float]:
        try:
            stands = [self._limiter.get_window_stats(item, *key) for item in _items(allowance)]
        except self._storage.base_exceptions:
            return allowance.most, float(allowance.seconds)
        return min((window.remaining, window.reset_time - time.time()) for window in stands)


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
