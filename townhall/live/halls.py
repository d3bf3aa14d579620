"""The halls that are open in this process: opened when somebody comes, forgotten when nobody is there."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.accounts.rules.acts import Permissions
from app.core.clock import Clock
from app.core.db import Database
from townhall.live.hall import LiveHall
from townhall.live.hearing import Hearing
from townhall.policy import TownHallPolicy
from townhall.queries.mine import NOBODYS, mine
from townhall.queries.showing import Thing
from townhall.service.commanding import Sender

log = logging.getLogger("townsquare.halls")
T = TypeVar("T")
KEY, COUNTS_KEY = "townhall-live:", "townhall-counts:"


class Halls:
    """A companion of the site. Everything but :meth:`hear` and :meth:`close` belongs to the event loop."""

    def __init__(self, policy: TownHallPolicy, clock: Clock, permissions: Callable[[], Permissions]) -> None:
        self.policy, self.clock, self.permissions = policy, clock, permissions
        #: what this process is called beside the others
        self.process = secrets.token_hex(8)
        self.database: Database = None  # type: ignore[assignment]  # known once it lives
        self.ending = False
        self._open: dict[int, LiveHall] = {}
        self._opening: dict[int, asyncio.Task[LiveHall | None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._hearing: Hearing | None = None

    # as a companion of the site

    def hear(self, topics: frozenset[str]) -> None:
        for topic in topics:
            for start, counts in ((KEY, False), (COUNTS_KEY, True)):
                if topic.startswith(start):
                    hall = int(topic.removeprefix(start))
                    if self._hearing is not None:
                        self._hearing.pass_on(hall, counts=counts)
                    self.heard(hall, counts=counts)

    def heard(self, hall_id: int, *, counts: bool = False) -> None:
        """Something was committed that concerns this hall, or figures of it alone; from any thread."""
        if self._loop is not None and hall_id in self._open:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, hall_id, counts)

    async def live(self, house: Any) -> None:
        self.database, self._loop = house.database, asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(3, thread_name_prefix="hall")
        self._hearing = Hearing.of(house.database, house.settings.redis_url, self.heard)
        self._hearing.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._hearing.stop()
            for hall in list(self._open.values()):
                await hall.stop()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._loop = None

    def close(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        self.ending = True
        for hall in self._open.values():
            hall.end_all(1012, "restart", retry_ms=hall.spread_ms)

    def _wake(self, hall_id: int, counts: bool) -> None:
        if (hall := self._open.get(hall_id)) is not None:
            hall.rumoured = hall.rumoured or not counts
            hall.heard.set()

    # for those who come

    async def find(self, hall_id: int) -> LiveHall | None:
        """The hall, opened where it was not; None where there is none."""
        if (hall := self._open.get(hall_id)) is not None:
            hall.asked()
            return hall
        if hall_id not in self._opening:
            self._opening[hall_id] = asyncio.get_running_loop().create_task(self._begin(hall_id))
        return await asyncio.shield(self._opening[hall_id])

    async def _begin(self, hall_id: int) -> LiveHall | None:
        try:
            hall = LiveHall(self, hall_id)
            if self._loop is None or not await hall.begin():
                return None
            self._open[hall_id] = hall
            hall.start()
            return hall
        finally:
            del self._opening[hall_id]

    def forget(self, hall: LiveHall) -> None:
        """Nobody is there; there is no pause between that look and this."""
        self._open.pop(hall.id, None)

    @property
    def open(self) -> Mapping[int, LiveHall]:
        return self._open

    async def read(self, act: Callable[[Session], T]) -> T:
        """What ``act`` reads in one snapshot, in a thread of the halls' own."""
        return await self.run(self._reading, act)

    def _reading(self, act: Callable[[Session], T]) -> T:
        with self.database.reading() as db:
            return act(db)

    async def run(self, act: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act, *given)

    async def mine(self, hall_id: int, senders: Iterable[Sender]) -> list[Thing]:
        """What the hall knows of each of these, for themselves."""
        wanted = list(senders)
        if all(sender == Sender() for sender in wanted):
            return [NOBODYS] * len(wanted)
        return await self.read(lambda db: [self._mine(db, hall_id, sender) for sender in wanted])

    def _mine(self, db: Session, hall_id: int, sender: Sender) -> Thing:
        return mine(
            db,
            hall_id,
            self.permissions(),
            participant_id=sender.participant_id,
            account_id=sender.account_id,
            role=sender.role,
            known=sender.ticket is not None,
        )

    # what no database keeps

    def react(self, hall_id: int, kind: str) -> None:
        """Called from a worker's thread, as is the next one."""
        self._in_hall(hall_id, lambda hall: hall.reacted(kind))

    def caption(self, hall_id: int, text: str) -> None:
        self._in_hall(hall_id, lambda hall: hall.spoken(text))

    def carried_out(self, hall_id: int, sender: Sender, conn: str) -> None:
        """Other tabs of whoever sent a command learn what became of it."""
        if (hall := self._open.get(hall_id)) is not None and sender.participant_id is not None:
            hall.refresh({sender.participant_id}, but=conn)

    def _in_hall(self, hall_id: int, act: Callable[[LiveHall], None]) -> None:
        async def do() -> None:
            if (hall := await self.find(hall_id)) is not None:
                act(hall)

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(do(), self._loop)
