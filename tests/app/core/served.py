"""A house with the guestbook, its doors open: tests speak to it as servers do, without a socket between."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor

from app.core.db import Database
from app.core.settings import Settings
from app.main import House
from tests.app.core.guestbook.room import Entry, Guestbook, empty
from tests.fakes import NOON, FixedClock

ROOM = "tests.app.core.guestbook"
VISITOR = "192.0.2.7"


class Served:
    """Answers requests from any thread until it is closed. Settings are given by their names."""

    def __init__(self, database: Database, *, clock: FixedClock | None = None, **settings: Any) -> None:
        given = {"rooms": (ROOM,), "database_url": database.url} | settings
        self.clock = clock or FixedClock()
        self.database = database
        self.house = House(Settings.from_environment({}, **given), clock=self.clock, jobs=False, database=database)
        self.base = self.house.settings.base_url
        self.book: Guestbook = self.house.site.performers[Entry]  # type: ignore[assignment]
        self._open = ExitStack()

    def __enter__(self) -> Served:
        self.portal: BlockingPortal = self._open.enter_context(start_blocking_portal("asyncio"))
        self._open.enter_context(self.portal.wrap_async_context_manager(self.house.router.lifespan()))
        return self

    def __exit__(self, *_fault: object) -> None:
        self._open.close()
        if get_asyncio_executor() is self.house.pool:
            set_asyncio_executor(None)
        self.database.on_touched.remove(self.house.cache.touched)
        self.database.postmen.remove(self.house.postman.wake)
        self.house.close()

    def tidy_up(self) -> None:
        """As if nobody had been here."""
        empty(self.database)
        self.house.cache.pages.clear()
        self.house.cache.personal.clear()
        self.clock.set(NOON)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with nothing but the headers it is given; nothing is followed or remembered."""
        return self.portal.call(partial(self._ask, method, path, **options))

    def begin(self, method: str, path: str, **options: Any) -> Future[httpx.Response]:
        """The same, without waiting for the answer."""
        return self.portal.start_task_soon(partial(self._ask, method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **form: str) -> httpx.Response:
        """A form sent by a browser from a page of this site."""
        return self.ask("POST", path, data=form, headers={"origin": self.base})

    async def _ask(self, method: str, path: str, *, client: str = VISITOR, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.house.asgi, client=(client, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=self.base, trust_env=False) as visitor:
            return await visitor.request(method, path, **options)
