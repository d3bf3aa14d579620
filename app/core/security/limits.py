"""Limits by network: people behind one library address get through, a script does not.

Counted by the ``limits`` library, in this process's memory or in Redis where several processes
share them. A limit never decides what is true, only who waits.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from app.core.errors import TooMany


@dataclass(frozen=True)
class Allowance:
    """How many acts one network may do: a minute, and an hour."""

    a_minute: int = 60
    an_hour: int = 1000

    @property
    def items(self) -> tuple[RateLimitItem, ...]:
        return _items(self.a_minute, self.an_hour)


@lru_cache(maxsize=32)
def _items(a_minute: int, an_hour: int) -> tuple[RateLimitItem, ...]:
    return RateLimitItemPerMinute(a_minute), RateLimitItemPerHour(an_hour)


class Limits:
    """``on`` in production, ``off`` in demo and development."""

    def __init__(self, *, on: bool, redis_url: str = "") -> None:
        self.on = on
        self._storage = cast(Storage, storage_from_string(redis_url or "memory://"))
        self._limiter = FixedWindowRateLimiter(self._storage)

    def spend(self, allowance: Allowance, address: str, *what: str) -> None:
        """Count one act of this network; raises :class:`TooMany` past the allowance."""
        if not self.on:
            return
        key = (network_of(address), *what)
        for item in allowance.items:
            if not self._limiter.hit(item, *key):
                reset = self._limiter.get_window_stats(item, *key).reset_time
                raise TooMany(retry_after=int(reset - time.time()) + 1)


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
