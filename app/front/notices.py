"""What the house and its rooms say on top of every page while it is so, such as that signing is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database
from app.core.freshness import SITE


class Notices:
    """Read at most once a second; cached pages follow by the key of the whole site.

    A page that is rendered anew because that key was touched must not keep what was read before:
    whatever a thread reads meanwhile counts only if nothing was forgotten since it began.
    """

    def __init__(
        self,
        database: Database,
        sources: Sequence[Callable[[Session, datetime], Iterable[str]]],
        clock: Clock,
    ) -> None:
        self.database, self.sources, self.clock = database, sources, clock
        #: what was said last: for pages that must not wait for the database
        self.said: tuple[str, ...] = ()
        self._until, self._forgotten = 0.0, 0

    def now(self) -> tuple[str, ...]:
        if self.sources and time.monotonic() >= self._until:
            return self._read()
        return self.said

    def forget(self, keys: frozenset[str]) -> None:
        """Hear of changed pages; called from any thread."""
        if SITE in keys:
            self._forgotten += 1
            self._until = 0.0

    def _read(self) -> tuple[str, ...]:
        began, now = self._forgotten, self.clock.now()
        with self.database.reading() as db:
            said = tuple(text for source in self.sources for text in source(db, now))
        if began == self._forgotten:
            self.said, self._until = said, time.monotonic() + 1
        return said
