"""Pages that stay open learn within a second that something changed; what it is they ask for themselves.

A page watches *topics*, which are keys of :mod:`app.core.freshness`. One refresher a process reads
their versions, at once after a commit of this process and every second for those of others, and
wakes whoever watches one that has risen. Nothing is queued for anybody: who is slow learns the
latest state, never a backlog. The same refresher ends what a session holds open once it is over.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NamedTuple

import msgspec

log = logging.getLogger("townsquare.live")

EVERY = 1.0  # seconds between two looks while nothing is heard
LEAST_APART = 0.05  # seconds between two looks, however much is heard
QUIET = 15.0  # seconds of silence after which a stream says that it is still there
MOST_A_SESSION = 12  # open pages of one browser; another one ends the oldest


class Glance(NamedTuple):
    """What one look at the database found."""

    versions: Mapping[str, int]
    alive: AbstractSet[bytes]


class Watcher:
    """One open page. It has news from the start: whatever changed before it began to watch."""

    def __init__(self, topics: Collection[str], session: bytes) -> None:
        self.topics, self.session = frozenset(topics), session
        #: why it ended: "session" or "restart"; empty while it lasts
        self.over = ""
        self._news: set[str] = set(self.topics)
        self._wake = asyncio.Event()
        self._wake.set()

    def tell(self, topics: AbstractSet[str]) -> None:
        if mine := self.topics & topics:
            self._news |= mine
            self._wake.set()

    def end(self, why: str) -> None:
        self.over = self.over or why
        self._wake.set()

    async def news(self, patience: float = QUIET) -> frozenset[str]:
        """The topics that changed since it last asked; none after ``patience`` seconds, or when it is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), patience)
        self._wake.clear()
        news, self._news = frozenset(self._news), set()
        return news


class Hub:
    """Everything that is open in this process.

    ``look(topics, sessions)`` reads the versions of the topics, and which of the sessions still live; it runs in ``pool``.
    """

    def __init__(self, look: Callable[[frozenset[str], frozenset[bytes]], Glance], pool: Executor) -> None:
        self._look, self._pool = look, pool
        self._watchers: dict[Watcher, None] = {}
        self._versions: dict[str, int] = {}
        self._watched: frozenset[str] = frozenset()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = asyncio.Event()

    @property
    def open(self) -> int:
        """How many pages watch."""
        return len(self._watchers)

    def hear(self, topics: frozenset[str]) -> None:
        """A commit of this process touched these; called from any thread."""
        if self._loop is not None and not self._watched.isdisjoint(topics):
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._heard.set)

    @contextmanager
    def watching(self, topics: Collection[str], session: bytes) -> Iterator[Watcher]:
        """Watch while the block lasts. ``session`` is the digest of the cookie that opened the page."""
        watcher = Watcher(topics, session)
        same = [w for w in self._watchers if w.session == session]
        for oldest in same[: len(same) + 1 - MOST_A_SESSION]:
            oldest.end("crowded")
        self._watchers[watcher] = None
        self._count()
        try:
            yield watcher
        finally:
            self._watchers.pop(watcher, None)
            self._count()

    def close(self) -> None:
        """End everything, so that the process can; called from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end_all)

    async def refresh_forever(self) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), EVERY)
            self._heard.clear()
            if self._watchers:
                await self._refresh()
                await asyncio.sleep(LEAST_APART)

    async def _refresh(self) -> None:
        sessions = frozenset(w.session for w in self._watchers)
        try:
            glance = await asyncio.get_running_loop().run_in_executor(self._pool, self._look, self._watched, sessions)
        except Exception as fault:
            log.warning("what pages watch could not be read: %s", type(fault).__name__)
            return
        risen = {t for t, v in glance.versions.items() if self._versions.get(t) != v}
        self._versions = dict(glance.versions)
        for watcher in list(self._watchers):
            if watcher.session in sessions and watcher.session not in glance.alive:
                watcher.end("session")
            else:
                watcher.tell(risen)

    def _count(self) -> None:
        self._watched = frozenset(t for w in self._watchers for t in w.topics)

    def _end_all(self) -> None:
        for watcher in list(self._watchers):
            watcher.end("restart")


class EventStream:
    """An answer that stays open: server-sent events that name what changed, and nothing of what it says."""

    status_code = 200

    def __init__(self, hub: Hub, topics: Collection[str], session: bytes) -> None:
        self.hub, self.topics, self.session = hub, topics, session

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with self.hub.watching(self.topics, self.session) as watcher:
            leaving = asyncio.create_task(_note_leaving(receive, watcher))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                await send(_part(b"retry: 2000\n\n"))
                while not watcher.over:
                    news = await watcher.news()
                    if not watcher.over:
                        await send(_part(_event("changed", sorted(news)) if news else b": still here\n\n"))
                await send(_part(_event("over", watcher.over), more=False))
            finally:
                leaving.cancel()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies pass it on as it comes
    (b"content-encoding", b"identity"),
]


async def _note_leaving(receive: Any, watcher: Watcher) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watcher.end("left")


def _event(name: str, data: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))


def _part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


@contextmanager
def before_the_end(act: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, ``act`` is called when this process is told to end.

    The server waits for every open answer before it says so to the application: what stays open has
    to hear of it from the signal itself. Beside the main thread there are no signals, as in tests.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def told(number: int, frame: FrameType | None) -> None:
        act()
        handler = known[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in known.items():
        if callable(handler):
            signal.signal(number, told)
    try:
        yield
    finally:
        for number, handler in known.items():
            if callable(handler):
                signal.signal(number, handler)
