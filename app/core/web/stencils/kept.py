"""What was made lately, by its key."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Kept in two halves: what is asked for moves to the younger one, and when that is full the older one goes, so that
    whatever was asked for lately stays, and what is there costs a single look.

    The look itself is written out where it is taken, because a page takes a hundred of them.
    """

    MOST = 16_384

    def __init__(self) -> None:
        self._young: dict[Hashable, T] = {}
        self._old: dict[Hashable, T] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        with self._lock:
            self._old, self._young = {}, {}

    def _keep(self, made: Mapping[Hashable, T]) -> None:
        with self._lock:
            self._young.update(made)
            if len(self._young) >= self.MOST // 2:
                self._old, self._young = self._young, {}
