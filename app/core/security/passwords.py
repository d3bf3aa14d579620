"""Passwords: argon2id in a small pool of its own, so that a sign-in flood cannot starve signing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")
LEAST_LENGTH = 12
MOST_LENGTH = 256


class Passwords:
    """Hashes and checks; at most ``threads`` at once and four times as many waiting."""

    def __init__(self, threads: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._places = threading.BoundedSemaphore(threads * 5)
        self._nobody = self._hasher.hash("a password that no account has")

    def hash(self, password: str) -> str:
        return self._in_turn(self._hasher.hash, password)

    def check(self, stored: str | None, password: str) -> bool:
        """Whether it fits; takes as long where there is no account, so that time tells nothing."""
        return self._in_turn(self._fits, stored or self._nobody, password) and stored is not None

    def is_outdated(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def _in_turn(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._places.acquire(blocking=False):
            raise Unavailable(retry_after=3)
        try:
            return self._pool.submit(work, *args, **kwargs).result()
        finally:
            self._places.release()
