"""A figure that may be a few seconds old: worked out once for all who ask meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Keeps one value for ``seconds``; one caller renews it while the others get the last one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._value: T | None = None
        self._until = 0.0
        self._renewing = threading.Lock()

    def get(self, work_out: Callable[[], T]) -> T:
        if self._value is not None and time.monotonic() < self._until:
            return self._value
        if not self._renewing.acquire(blocking=self._value is None):
            return self._value  # type: ignore[return-value]  # it blocks only while there is none
        try:
            self._value, self._until = work_out(), time.monotonic() + self.seconds
            return self._value
        finally:
            self._renewing.release()

    def forget(self) -> None:
        self._until = 0.0


class Kept(Generic[T]):
    """One value, for as long as its stamp stays the same and it is not too old; one caller works it out for all.

    Where it is only too old the others get the last one meanwhile; where its stamp is another one they wait.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._known: _Known[T] | None = None

    def get(self, stamp: object, work_out: Callable[[], T]) -> T:
        known = self._known
        if known is not None and known.stamp == stamp:
            if time.monotonic() < known.until or not self._lock.acquire(blocking=False):
                return known.value
        else:
            self._lock.acquire()
        try:
            known = self._known  # somebody may have worked it out while this one waited
            if known is None or known.stamp != stamp or time.monotonic() >= known.until:
                known = self._known = _Known(work_out(), stamp, time.monotonic() + self.seconds)
            return known.value
        finally:
            self._lock.release()


class _Known(NamedTuple, Generic[T]):
    value: T
    stamp: object
    until: float
