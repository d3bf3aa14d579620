"""Passwords: argon2id in a small pool of its own, so that a sign-in flood cannot starve signing."""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")
#: longer than any password here may be, however its accents are put together
_LONGEST = 1_024
#: of one hash: how often, over how many KiB
ROUNDS, MEMORY = 2, 19_456


class Passwords:
    """Hashes and checks; at most ``threads`` at once and four times as many waiting."""

    def __init__(self, threads: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_step_back)
        self._places = threading.BoundedSemaphore(threads * 5)
        self._nobody = self._hasher.hash("a password that no account has")

    def hash(self, password: str) -> str:
        return self._in_turn(self._hasher.hash, _spelt(password))

    def check(self, stored: str | None, password: str) -> bool:
        """Whether it fits; takes as long where there is no account, so that time tells nothing."""
        return self._in_turn(self._fits, stored or self._nobody, _spelt(password)) and stored is not None

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


def _step_back() -> None:
    """Where threads have a rank of their own (Linux), this one works when nobody else needs the processor."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _spelt(password: str) -> str:
    """The same letters are the same password, however a keyboard puts their accents together.

    Composing sorts each run of accents in time quadratic in the run: what is nobody's password is left as it is.
    """
    return unicodedata.normalize("NFC", password) if len(password) <= _LONGEST else password
