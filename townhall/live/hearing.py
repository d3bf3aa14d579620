"""What other processes commit reaches this one as a hint: PostgreSQL's notifications, or Redis where there is one.

A hint carries a hall's number and nothing else; one that is lost costs a second, because every hall that is open looks
by itself that often.
"""

from __future__ import annotations

import importlib
import logging
import queue
import socket
import threading
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Protocol

from app.core.db import Database
from townhall.service.log import CHANNEL, COUNTS

log = logging.getLogger("townsquare.halls")
PATIENCE = 1.0  # seconds


class Heard(Protocol):
    """Told which hall to look at; ``counts``: figures of it alone are others."""

    def __call__(self, hall_id: int, *, counts: bool = False) -> None: ...


class Hearing:
    """Nothing to hear: a database of one process. The others are threads that listen until they are stopped."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    @staticmethod
    def of(database: Database, redis_url: str, heard: Heard) -> Hearing:
        if redis_url:
            return RedisHearing(redis_url, heard)
        return Hearing(heard) if database.is_sqlite else PostgresHearing(database.url, heard)

    def start(self) -> None:
        for work in self._works():
            thread = threading.Thread(target=self._again_and_again, args=(work,), name="hall-hints", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)

    def pass_on(self, hall_id: int, *, counts: bool = False) -> None:
        """A commit of this process: the others are told, unless the database has done so itself."""

    def _works(self) -> list[Callable[[], None]]:
        return []

    def _again_and_again(self, work: Callable[[], None]) -> None:
        while not self._over.is_set():
            try:
                work()
            except Exception as fault:
                if self._over.is_set():
                    return
                log.warning("hints of other processes are out of reach: %s", type(fault).__name__)
                self._over.wait(PATIENCE)

    def _told(self, words: Any) -> None:
        text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
        number = text.removesuffix(COUNTS)
        if number.isdecimal():
            self.heard(int(number), counts=text != number)


class PostgresHearing(Hearing):
    """On a connection of its own. It hears the end as well as it hears a hint: nobody waits for it to look again."""

    def __init__(self, url: str, heard: Heard) -> None:
        super().__init__(heard)
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._ear, self._bell = socket.socketpair()

    def stop(self) -> None:
        self._over.set()
        self._bell.send(b"\0")
        super().stop()
        self._ear.close()
        self._bell.close()

    def _works(self) -> list[Callable[[], None]]:
        return [self._listen]

    def _listen(self) -> None:
        psycopg = importlib.import_module("psycopg")  # only deployments on PostgreSQL have it
        with DefaultSelector() as either, psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            either.register(self._ear, EVENT_READ)
            either.register(connection, EVENT_READ)
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._over.is_set():
                for notice in connection.notifies(timeout=0):
                    self._told(notice.payload)
                either.select(PATIENCE)


class RedisHearing(Hearing):
    """Published by whoever commits, after the commit; a thread of its own sends them, so that no commit waits."""

    def __init__(self, url: str, heard: Heard) -> None:
        super().__init__(heard)
        self._url = url
        self._out: queue.SimpleQueue[str] = queue.SimpleQueue()

    def pass_on(self, hall_id: int, *, counts: bool = False) -> None:
        self._out.put(f"{hall_id}{COUNTS if counts else ''}")

    def _works(self) -> list[Callable[[], None]]:
        return [self._listen, self._publish]

    def _client(self) -> Any:
        return importlib.import_module("redis").Redis.from_url(self._url, socket_timeout=5, socket_connect_timeout=5)

    def _listen(self) -> None:
        with self._client() as client, client.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(CHANNEL)
            while not self._over.is_set():
                if (message := channel.get_message(timeout=PATIENCE)) is not None:
                    self._told(message["data"])

    def _publish(self) -> None:
        with self._client() as client:
            while not self._over.is_set():
                try:
                    halls = {self._out.get(timeout=PATIENCE)}
                except queue.Empty:
                    continue
                while not self._out.empty():
                    halls.add(self._out.get_nowait())
                for hall in halls:
                    client.publish(CHANNEL, hall)
