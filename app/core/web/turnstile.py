"""One at a time, in the order they came: of several threads that want the interpreter, each gets it seldom and pays
for every change. A row that SQLite hands over lets go of it, and whoever renders beside it keeps it for the next five
milliseconds; so that pages side by side cost a quarter more than pages in turn, and the slowest wait half as long
again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """``places`` threads work at once. Whoever has been inside for ``patience`` seconds gives the place to the first in
    the line and goes on beside it, so that a few slow pages never stop all others."""

    def __init__(self, places: int, patience: float = 0.1) -> None:
        self._patience = patience
        self._free = places
        self._line: deque[_Turn] = deque()
        self._inside: deque[_Turn] = deque()  # those who hold a place, the longest first
        self._mutex = threading.Lock()

    @contextmanager
    def passed(self) -> Iterator[None]:
        turn = self._enter()
        try:
            yield
        finally:
            self._leave(turn)

    def _enter(self) -> _Turn:
        turn = _Turn()
        with self._mutex:
            if self._free:
                self._free -= 1
                self._let_in(turn)
                return turn
            turn.come = threading.Lock()
            turn.come.acquire()
            self._line.append(turn)
        while not turn.come.acquire(timeout=self._patience):
            self._pass_the_slow()
        return turn

    def _leave(self, turn: _Turn) -> None:
        with self._mutex:
            if turn in self._inside:  # else the place is somebody else's by now
                self._inside.remove(turn)
                self._give_place()

    def _pass_the_slow(self) -> None:
        with self._mutex:
            while self._line and self._inside and time.monotonic() - self._inside[0].since > self._patience:
                self._inside.popleft()
                self._give_place()

    def _give_place(self) -> None:
        if self._line:
            self._let_in(self._line.popleft())
        else:
            self._free += 1

    def _let_in(self, turn: _Turn) -> None:
        turn.since = time.monotonic()
        self._inside.append(turn)
        if turn.come is not None:
            turn.come.release()


class _Turn:
    """One passage: since when somebody is inside, and what those who stand in the line wait for."""

    __slots__ = ("come", "since")

    def __init__(self) -> None:
        self.since = 0.0
        self.come: threading.Lock | None = None
