"""The page cache: ready headers and bytes in front of the router.

A handler marks its answer as public with the keys it depends on (see :func:`app.core.web.page.public`).
Until one of the keys is touched, an instant passes, or the page is too old, every request for the
same address gets the same bytes without entering the router. Requests for a page that is being
rendered wait for that one rendering. A page whose keys change many times a second is rendered a
few times a second and served as it was in between: nobody can read faster than that.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from app.core.web.packing import MAY_PACK

MARK = b"x-townsquare-public"
MOST_PAGES = 2_000
MOST_BYTES = 1_000_000
LOOK_EVERY = 1.0  # seconds, for what other processes have changed
BURST, A_SECOND = 8.0, 4.0  # renderings of one page in quick succession, and from then on

Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Send], Awaitable[None]]


@dataclass(slots=True)
class Stored:
    """One public page, ready to send."""

    status: int
    headers: list[tuple[bytes, bytes]]
    plain: bytes
    zipped: bytes
    tag: bytes
    keys: tuple[str, ...]
    stamps: tuple[int, ...]
    rendered: float
    good_until: float  # wall clock, seconds
    fresh_for: float  # seconds
    tallied: str = ""  # a step that whoever is given it makes; see app.core.tally
    allowance: float = BURST
    refilled: float = 0.0
    ready: dict[tuple[bool, bool], tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class Captured:
    """An inner answer, kept until it is clear whether it is public."""

    start: dict[str, Any] | None = None
    body: list[bytes] = field(default_factory=list)


class PageCache:
    """ASGI middleware. ``read_versions(keys)`` asks the database; ``pool`` runs it and the compression."""

    def __init__(
        self,
        inner: App,
        *,
        read_versions: Callable[[Iterable[str]], Mapping[str, int]],
        pool: Executor,
        on: bool = True,
        most_age: int = 10,
        count: Callable[[str], None] | None = None,
    ) -> None:
        """``count`` is told of every page given to somebody that says it counts."""
        self.inner, self.on, self.pool, self.most_age = inner, on, pool, most_age
        self.count = count or _count_nothing
        self.read_versions = read_versions
        self.pages: OrderedDict[bytes, Stored] = OrderedDict()
        self.stamps: dict[str, int] = {}
        self.versions: dict[str, int] = {}
        self.rendering: dict[bytes, asyncio.Event] = {}
        self.personal: OrderedDict[bytes, None] = OrderedDict()
        self.hits = self.misses = 0
        #: told of changed keys first, so that pages rendered anew hold nothing remembered from before
        self.before_rendering_anew: list[Callable[[frozenset[str]], None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.inner(scope, receive, send)
            return
        address = scope["raw_path"] + b"?" + scope["query_string"]
        page = self.pages.get(address)
        if page is not None and self._may_serve(page):
            self.hits += 1
            await self._serve(page, scope, send)
            return
        await self._fetch(address, scope, receive, send)

    def touched(self, keys: frozenset[str]) -> None:
        """Some pages changed; called from any thread."""
        for hear in self.before_rendering_anew:
            hear(keys)
        for key in keys:
            self.stamps[key] = self.stamps.get(key, 0) + 1

    async def refresh_forever(self) -> None:
        """Every :data:`LOOK_EVERY` seconds, learn of changes that other processes committed."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            keys = {key for page in self.pages.values() for key in page.keys}
            if not keys:
                continue
            try:
                current = await loop.run_in_executor(self.pool, self.read_versions, keys)
            except Exception:  # noqa: S112  a page from a minute ago beats none
                continue
            self.touched(frozenset(k for k in keys if current.get(k, 0) != self.versions.get(k, 0)))
            self.versions.update({k: current.get(k, 0) for k in keys})

    def _may_serve(self, page: Stored) -> bool:
        now = time.time()
        if now >= page.good_until:
            return False
        stamps = self.stamps
        changed = any(stamps.get(k, 0) != s for k, s in zip(page.keys, page.stamps, strict=True))
        if not changed and now - page.rendered < page.fresh_for:
            return True
        return not self._may_render(page, now)

    def _may_render(self, page: Stored, now: float) -> bool:
        page.allowance = min(BURST, page.allowance + (now - page.refilled) * A_SECOND)
        page.refilled = now
        return page.allowance >= 1

    async def _fetch(self, address: bytes, scope: Any, receive: Any, send: Send) -> None:
        if not self.on or address in self.personal:
            await self._pass_through(scope, receive, send)
            return
        if (ahead := self.rendering.get(address)) is not None:
            await ahead.wait()
            if (page := self.pages.get(address)) is not None and time.time() < page.good_until:
                await self._serve(page, scope, send)
                return
            await self._pass_through(scope, receive, send)
            return
        self.rendering[address] = done = asyncio.Event()
        try:
            await self._render(address, scope, receive, send)
        finally:
            del self.rendering[address]
            done.set()

    async def _pass_through(self, scope: Any, receive: Any, send: Send) -> None:
        async def without_mark(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                if scope["method"] == "GET" and (said := _mark(message["headers"])) and (step := _read_mark(said)[3]):
                    self.count(step)
                message["headers"] = self._unmarked(message["headers"])
            await send(message)

        await self.inner(_as_get(scope), receive, without_mark)

    async def _render(self, address: bytes, scope: Any, receive: Any, send: Send) -> None:
        """Run the handler; keep and serve its answer if it is marked, else let it flow."""
        scope[MAY_PACK] = False  # it is kept plain, too
        self.misses += 1
        before = dict(self.stamps)
        caught = Captured()

        async def catch(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                if _is_public(message["headers"]):
                    caught.start = message
                    return
                if message["status"] < 400:  # an error says nothing of the page it stands for
                    self._remember_personal(address)
                    self.rendering[address].set()  # nobody waits for the end of somebody else's download
                await send({**message, "headers": self._unmarked(message["headers"])})
            elif caught.start is not None and message["type"] == "http.response.body":
                caught.body.append(message.get("body", b""))
            else:
                await send(message)

        await self.inner(_as_get(scope), receive, catch)
        if caught.start is None:
            return
        page = await self._keep(address, caught, before)
        await self._serve(page, scope, send)

    async def _keep(self, address: bytes, caught: Captured, before: Mapping[str, int]) -> Stored:
        assert caught.start is not None
        keys, good_until, fresh_for, tallied = _read_mark(_mark(caught.start["headers"]) or b"")
        body = b"".join(caught.body)
        zipped = await asyncio.get_running_loop().run_in_executor(self.pool, _zip, body)
        old, now = self.pages.get(address), time.time()
        page = Stored(
            status=caught.start["status"],
            headers=[h for h in caught.start["headers"] if h[0].lower() not in _OURS],
            plain=body,
            zipped=zipped,
            tag=hashlib.sha256(body).hexdigest()[:20].encode(),
            keys=keys,
            stamps=tuple(before.get(k, 0) for k in keys),
            rendered=now,
            good_until=good_until or now + 86_400,
            fresh_for=fresh_for,
            tallied=tallied,
            allowance=(old.allowance - 1) if old else BURST,
            refilled=old.refilled if old else now,
        )
        if len(body) <= MOST_BYTES and self.on:
            self.pages[address] = page
            self.pages.move_to_end(address)
            while len(self.pages) > MOST_PAGES:
                self.pages.popitem(last=False)
        return page

    async def _serve(self, page: Stored, scope: Any, send: Send) -> None:
        if page.tallied and scope["method"] == "GET":
            self.count(page.tallied)
        wants_zip, tags = _wishes(scope["headers"])
        tag = b'"%s%s"' % (page.tag, b"-gz" if wants_zip else b"")
        if tags and (tag in tags or tags == b"*"):
            start, body = self._answer(page, wants_zip, unchanged=True)
        else:
            start, body = self._answer(page, wants_zip, unchanged=False)
        await send(start)
        await send(body if scope["method"] == "GET" else {"type": "http.response.body", "body": b""})

    def _answer(self, page: Stored, wants_zip: bool, *, unchanged: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        remaining = int(page.good_until - time.time())
        if remaining >= 60 + self.most_age:
            known = page.ready.get((wants_zip, unchanged))
            if known is None:
                known = page.ready[wants_zip, unchanged] = self._build(page, wants_zip, unchanged, 60, self.most_age)
            return known
        age = max(0, min(self.most_age, remaining))
        return self._build(page, wants_zip, unchanged, max(0, min(60, remaining - age)), age)

    def _build(
        self, page: Stored, wants_zip: bool, unchanged: bool, stale: int, age: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        body = b"" if unchanged else page.zipped if wants_zip else page.plain
        headers = [
            *page.headers,
            (b"cache-control", b"public, max-age=%d, stale-while-revalidate=%d" % (age, stale)),
            (b"etag", b'"%s%s"' % (page.tag, b"-gz" if wants_zip else b"")),
            (b"vary", b"accept-encoding"),
        ]
        if not unchanged:
            headers.append((b"content-length", str(len(body)).encode()))
            if wants_zip:
                headers.append((b"content-encoding", b"gzip"))
        start = {"type": "http.response.start", "status": 304 if unchanged else page.status, "headers": headers}
        return start, {"type": "http.response.body", "body": body}

    def _remember_personal(self, address: bytes) -> None:
        self.personal[address] = None
        while len(self.personal) > MOST_PAGES:
            self.personal.popitem(last=False)

    @staticmethod
    def _unmarked(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [h for h in headers if h[0].lower() != MARK]


_OURS = frozenset({MARK, b"content-length", b"cache-control", b"etag", b"vary", b"content-encoding"})


def _count_nothing(_step: str) -> None:
    """Nobody wants to know."""


def _as_get(scope: Any) -> Any:
    """The router knows no HEAD; the server leaves the body out."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" and _public_path(scope) else scope


def _is_public(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Marked, and gives nobody a cookie."""
    return _mark(headers) is not None and not any(k.lower() == b"set-cookie" for k, _v in headers)


def _public_path(scope: Any) -> bool:
    return not scope["path"].startswith(("/moderation", "/desk", "/admin", "/account", "/sign-"))


def _mark(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((v for k, v in headers if k.lower() == MARK), None)


def mark(keys: Iterable[str], *, good_until: float | None, fresh_for: float, tallied: str = "") -> str:
    """The header value that says: public, depends on these keys, until this second, for so long; and which step it is."""
    return f"{good_until or 0:.3f};{fresh_for:.3f};{tallied};{' '.join(keys)}"


def _read_mark(value: bytes) -> tuple[tuple[str, ...], float, float, str]:
    until, fresh, tallied, keys = value.decode().split(";", 3)
    return tuple(keys.split()), float(until), float(fresh), tallied


def _wishes(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bool, bytes]:
    wants_zip, tags = False, b""
    for name, value in headers:
        if name == b"accept-encoding":
            wants_zip = b"gzip" in value
        elif name == b"if-none-match":
            tags = value
    return wants_zip, tags


def _zip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)
