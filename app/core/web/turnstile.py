"""A few at a time, in the order they came: of many threads that want the interpreter, each gets it seldom and pays for
every change. Three that render give twice the pages of sixteen, and nobody waits three times as long as another."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """``places`` threads work at once; whoever has waited ``patience`` seconds goes in beside them, so that a few slow
    pages never stop all others."""

    def __init__(self, places: int, patience: float = 0.25) -> None:
        self._patience = patience
        self._free = places
        self._line: deque[threading.Lock] = deque()
        self._mutex = threading.Lock()

    @contextmanager
    def passed(self) -> Iterator[None]:
        counted = self._enter()
        try:
            yield
        finally:
            if counted:
                self._leave()

    def _enter(self) -> bool:
        """Whether a place was given; False: patience ended first."""
        with self._mutex:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._line.append(turn)
        if turn.acquire(timeout=self._patience):
            return True
        with self._mutex:
            if turn in self._line:
                self._line.remove(turn)
                return False
            return True  # it was given in the very instant in which patience ended

    def _leave(self) -> None:
        with self._mutex:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1
