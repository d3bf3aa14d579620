"""What every process must agree on within a second, re-read twice a second by a thread of its own.

The process that commits a change notes it at once; this tells the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.errors import Unavailable

log = logging.getLogger("townsquare.watch")
EVERY = 0.5  # seconds


class Watch:
    """Runs each of ``readers`` in one short reading session, again and again."""

    def __init__(self, database: Database, readers: Sequence[Callable[[Session], None]], every: float = EVERY) -> None:
        self.database, self.readers, self.every = database, readers, every
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def look(self) -> bool:
        """Once, now; False where the database is out of reach, and everything stays as it was known."""
        try:
            with self.database.reading() as db:
                for read in self.readers:
                    read(db)
        except (exc.SQLAlchemyError, Unavailable) as fault:
            log.warning("the switches could not be read: %s", type(fault).__name__)
            return False
        return True

    def work(self) -> None:
        """Until stopped."""
        while not self._stop.wait(self.every):
            self.look()
