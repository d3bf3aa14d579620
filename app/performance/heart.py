"""A serving process leaves its mark once a minute, and stores with it what it counted.

It does so from the event loop that answers everybody: one that hangs leaves no mark.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.switches import Switch
from app.core.tally import Tally
from app.performance.rules.uptime import Heart, minute_of
from app.performance.service import beating, counting

log = logging.getLogger("townsquare.performance")
#: seconds between two looks at the clock; a mark that fails is tried again then, as long as its minute lasts
EVERY = 5.0


class Beating:
    """A companion of the site."""

    def __init__(self, tally: Tally, clock: Clock) -> None:
        self.tally, self.clock = tally, clock
        self._marked: datetime | None = None

    def hear(self, topics: frozenset[str]) -> None:
        """Nothing that is committed matters here."""

    def close(self) -> None:
        """Nobody is connected here."""

    async def live(self, house: Any) -> None:
        """Until cancelled; what is counted by then is stored."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                read_only = house.switches.is_on(Switch.READ_ONLY)
                await loop.run_in_executor(house.upkeep, self.mark, house.database, read_only)
                await asyncio.sleep(EVERY)
        finally:
            await loop.run_in_executor(house.upkeep, self.end, house.database)

    def mark(self, database: Database, read_only: bool) -> bool:
        """Leave this minute's mark, unless that is done; False where the database does not take it."""
        now = self.clock.now()
        if minute_of(now) == self._marked:
            return True

        def leave(db: Session) -> datetime:
            minute = beating.beat(db, Heart.PAGES, now, read_only=read_only)
            counting.empty(db, self.tally)
            return minute

        try:
            self._marked = database.retrying(leave)
        except (exc.SQLAlchemyError, Unavailable) as fault:
            log.warning("no mark for this minute: %s", type(fault).__name__)
            return False
        return True

    def end(self, database: Database) -> None:
        """Nothing that was counted is lost by an orderly end."""
        try:
            database.retrying(lambda db: counting.empty(db, self.tally))
        except (exc.SQLAlchemyError, Unavailable) as fault:
            log.warning("what was counted last is lost: %s", type(fault).__name__)
