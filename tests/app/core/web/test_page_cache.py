"""A page that a million people read is made once, is the same for all of them, and never older than it may be."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert

from app.core import freshness
from app.core.db import Database
from app.core.web import page_cache
from app.core.web.page_cache import BURST, MARK, MOST_BYTES, MOST_PAGES, PageCache, mark
from tests.app.core.guestbook.room import ENTRY
from tests.app.core.served import Served

GZIP = {"accept-encoding": "gzip, br"}


class Time:
    """The cache's own watch, which a test turns."""

    def __init__(self) -> None:
        self.shown = 1_000_000.0

    def time(self) -> float:
        return self.shown

    def pass_(self, seconds: float) -> None:
        self.shown += seconds


@dataclass
class Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        found = [v.decode() for k, v in self.headers if k.decode().lower() == name]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def has(self, name: str) -> bool:
        return any(k.decode().lower() == name for k, _v in self.headers)


@dataclass
class Kitchen:
    """Behind the cache: makes a numbered page for each request that gets through to it."""

    made: int = 0
    keys: tuple[str, ...] = ("petition:1",)
    good_until: float | None = None
    fresh_for: float = 3600.0
    status: int = 200
    public: bool = True
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | None = None
    #: what happens while a page is made
    meanwhile: Callable[[], Awaitable[None]] | None = None
    methods: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.made += 1
        self.methods.append(scope["method"])
        body = self.body or b"page %d " % self.made + b"of a town square. " * 30
        if self.meanwhile:
            await self.meanwhile()
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode()), *self.headers]
        if self.public:
            marked = mark(("site", *self.keys), good_until=self.good_until, fresh_for=self.fresh_for)
            headers.append((MARK, marked.encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:]})


class Counter:
    """Where readers ask; every test has one, with its kitchen and its watch."""

    def __init__(self, watch: Time) -> None:
        self.watch, self.kitchen = watch, Kitchen()
        self.pool = ThreadPoolExecutor(1)
        self.stored: Mapping[str, int] = {}
        self.database_is_gone = False
        self.cache = PageCache(self.kitchen, read_versions=self._versions, pool=self.pool)

    def _versions(self, keys: Any) -> Mapping[str, int]:
        if self.database_is_gone:
            raise ConnectionError
        return {k: self.stored[k] for k in keys if k in self.stored}

    async def ask(self, path: str = "/petitions/1", method: str = "GET", query: str = "", **headers: str) -> Answer:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asked = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": asked}
        await self.cache(scope | {"query_string": query.encode()}, None, send)
        return Answer(sent[0]["status"], list(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    monkeypatch.setattr(page_cache, "time", found)
    return found


@pytest.fixture
def counter(watch: Time) -> Iterator[Counter]:
    found = Counter(watch)
    yield found
    found.pool.shutdown()


# one page for everyone


async def _everyone(counter: Counter) -> None:
    first = await counter.ask()
    others = [
        await counter.ask(cookie="townsquare=somebody"),
        await counter.ask(accept_language="cy", user_agent="another"),
        await counter.ask(authorization="Bearer token"),
    ]
    assert all((a.status, a.headers, a.body) == (first.status, first.headers, first.body) for a in others)
    assert not first.has("set-cookie")
    assert counter.kitchen.made == 1


def test_everybody_gets_the_same_bytes(counter: Counter) -> None:
    asyncio.run(_everyone(counter))


def test_another_query_is_another_page(counter: Counter) -> None:
    async def scenario() -> None:
        first, second = await counter.ask(query="page=1"), await counter.ask(query="page=2")
        assert first.body != second.body
        assert (await counter.ask(query="page=1")).body == first.body

    asyncio.run(scenario())


def test_each_encoding_has_a_tag_of_its_own_and_holds_the_same_page(counter: Counter) -> None:
    async def scenario() -> None:
        plain, zipped = await counter.ask(), await counter.ask(accept_encoding="gzip, br")
        assert plain["etag"] != zipped["etag"]
        assert not any(a["etag"].startswith("W/") for a in (plain, zipped))
        assert not plain.has("content-encoding")
        assert zipped["content-encoding"] == "gzip"
        assert gzip.decompress(zipped.body) == plain.body
        assert (plain["vary"], zipped["vary"]) == ("accept-encoding", "accept-encoding")
        assert int(plain["content-length"]) == len(plain.body)
        assert int(zipped["content-length"]) == len(zipped.body) < len(plain.body)
        assert counter.kitchen.made == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_reader_who_has_the_page_is_told_that_it_is_unchanged(counter: Counter, encoding: str) -> None:
    async def scenario() -> None:
        had = (await counter.ask(accept_encoding=encoding))["etag"]
        for tags in (had, f'"another", {had}', "*", f"W/{had}"):
            again = await counter.ask(accept_encoding=encoding, if_none_match=tags)
            assert (again.status, again.body) == (304, b"")
            assert again["etag"] == had
            assert again["cache-control"].startswith("public")
            assert not again.has("content-encoding")
        other = await counter.ask(accept_encoding="" if encoding else "gzip", if_none_match=had)
        assert other.status == 200, "the tag names another encoding"
        counter.cache.touched(frozenset({"petition:1"}))
        changed = await counter.ask(accept_encoding=encoding, if_none_match=had)
        assert changed.status == 200
        assert changed["etag"] != had

    asyncio.run(scenario())


def test_a_page_made_again_with_the_same_bytes_keeps_its_tag(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.body = b"the same words " * 20
        had = (await counter.ask())["etag"]
        counter.cache.touched(frozenset({"petition:1"}))
        assert (await counter.ask(if_none_match=had)).status == 304
        assert counter.kitchen.made == 2

    asyncio.run(scenario())


def test_a_reader_who_asks_for_the_head_alone_gets_the_pages_headers(counter: Counter) -> None:
    async def scenario() -> None:
        head = await counter.ask(method="HEAD")
        page = await counter.ask()
        assert (head.status, head.headers, head.body) == (page.status, page.headers, b"")
        assert counter.kitchen.methods == ["GET"]

    asyncio.run(scenario())


@pytest.mark.parametrize("public", [True, False])
def test_a_head_is_answered_the_second_time_as_the_first(counter: Counter, *, public: bool) -> None:
    async def scenario() -> None:
        counter.kitchen.public = public
        for _ in range(3):
            await counter.ask(method="HEAD")
        assert set(counter.kitchen.methods) == {"GET"}, "the router knows no HEAD"

    asyncio.run(scenario())


# how long it lives


@pytest.mark.parametrize(
    ("left", "age", "stale"),
    [(3600, 10, 60), (70, 10, 60), (69, 10, 59), (30, 10, 20), (10, 10, 0), (4.9, 4, 0), (0.5, 0, 0)],
)
def test_nobody_keeps_a_page_past_its_closing_instant(counter: Counter, left: float, age: int, stale: int) -> None:
    async def scenario() -> None:
        counter.kitchen.good_until = counter.watch.time() + 7200
        await counter.ask()
        counter.watch.pass_(7200 - left)
        counter.kitchen.fresh_for = 10_000
        answer = await counter.ask()
        assert answer["cache-control"] == f"public, max-age={age}, stale-while-revalidate={stale}"
        assert age + stale <= max(left, 0)

    counter.kitchen.fresh_for = 10_000
    asyncio.run(scenario())


def test_a_page_is_made_again_at_its_closing_instant_and_not_before(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.good_until = counter.watch.time() + 100
        open_page = await counter.ask()
        counter.watch.pass_(99.9)
        assert (await counter.ask()).body == open_page.body
        counter.watch.pass_(0.1)
        counter.kitchen.good_until = None
        assert (await counter.ask()).body != open_page.body
        assert counter.kitchen.made == 2

    asyncio.run(scenario())


def test_not_even_the_throttle_shows_a_page_past_its_closing_instant(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.good_until = counter.watch.time() + 1
        for _ in range(30):
            await counter.ask()
            counter.cache.touched(frozenset({"petition:1"}))
        made = counter.kitchen.made
        assert made <= BURST + 1
        counter.watch.pass_(1)
        await counter.ask()
        assert counter.kitchen.made == made + 1

    asyncio.run(scenario())


def test_a_page_lives_no_longer_than_it_is_fresh(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.fresh_for = 5
        first = await counter.ask()
        counter.watch.pass_(4.9)
        assert (await counter.ask()).body == first.body
        counter.watch.pass_(0.2)
        assert (await counter.ask()).body != first.body

    asyncio.run(scenario())


# what changes it


def test_a_page_is_made_again_when_one_of_its_keys_is_touched(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.keys = ("petition:1", "petition:2")
        for key in ("petition:1", "petition:2", "site"):
            before = await counter.ask()
            counter.cache.touched(frozenset({"petition:3"}))
            assert (await counter.ask()).body == before.body
            counter.cache.touched(frozenset({key}))
            assert (await counter.ask()).body != before.body

    asyncio.run(scenario())


def test_a_change_while_the_page_is_made_makes_it_again(counter: Counter) -> None:
    async def scenario() -> None:
        async def touch() -> None:
            if counter.kitchen.made == 1:
                counter.cache.touched(frozenset({"petition:1"}))

        counter.kitchen.meanwhile = touch
        await counter.ask()
        await counter.ask()
        await counter.ask()
        assert counter.kitchen.made == 2

    asyncio.run(scenario())


def test_a_page_that_changes_all_the_time_is_made_a_few_times_a_second(counter: Counter) -> None:
    async def scenario() -> None:
        await counter.ask()
        newest = 1
        for _ in range(1000):  # ten seconds at a hundred readers a second
            counter.watch.pass_(0.01)
            counter.cache.touched(frozenset({"petition:1"}))
            shown = int((await counter.ask()).body.split()[1])
            assert shown >= newest, "somebody was shown an older page than the one before"
            newest = shown
        assert 40 <= counter.kitchen.made <= 50
        counter.watch.pass_(0.25)
        assert int((await counter.ask()).body.split()[1]) == newest + 1, "calm again, and still the old page"

    asyncio.run(scenario())


@asynccontextmanager
async def refreshing(counter: Counter, monkeypatch: pytest.MonkeyPatch):
    """The refresher, a thousand times as fast."""
    real = asyncio.sleep
    monkeypatch.setattr(page_cache.asyncio, "sleep", lambda seconds: real(seconds / 1000))
    task = asyncio.create_task(counter.cache.refresh_forever())
    yield lambda: real(0.05)
    task.cancel()


def test_the_refresher_learns_what_others_changed_and_outlives_an_outage(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with refreshing(counter, monkeypatch) as some_seconds:
            counter.stored = {"petition:1": 7}
            await counter.ask()
            await some_seconds()
            before = await counter.ask()
            await some_seconds()
            assert (await counter.ask()).body == before.body, "nothing has changed"
            counter.stored = {"petition:1": 8, "petition:9": 3}
            await some_seconds()
            after = await counter.ask()
            assert after.body != before.body
            counter.database_is_gone = True
            await some_seconds()
            assert (await counter.ask()).body == after.body
            counter.database_is_gone = False
            counter.stored = {"petition:1": 2}  # restored from an older backup
            await some_seconds()
            assert (await counter.ask()).body != after.body

    asyncio.run(scenario())


# what is never kept


def test_a_page_for_one_reader_is_never_kept(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.public = False
        counter.kitchen.headers = [(b"cache-control", b"no-store")]
        bodies = {(await counter.ask()).body for _ in range(5)}
        assert len(bodies) == 5
        assert (await counter.ask())["cache-control"] == "no-store"

    asyncio.run(scenario())


@pytest.mark.parametrize("name", [b"set-cookie", b"Set-Cookie"])
def test_an_answer_with_a_cookie_is_never_kept_whatever_it_says(counter: Counter, name: bytes) -> None:
    async def scenario() -> None:
        counter.kitchen.headers = [(name, b"reader=1")]
        for made in range(1, 4):
            answer = await counter.ask()
            assert counter.kitchen.made == made
            assert answer["set-cookie"] == "reader=1"
            assert not answer.has(MARK.decode())
            assert not answer.has("cache-control") or "public" not in answer["cache-control"]

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_an_error_keeps_no_page_from_being_kept_later(counter: Counter, status: int) -> None:
    """A database that stumbles once must not leave the busiest page uncached for good."""

    async def scenario() -> None:
        good = await counter.ask()
        counter.cache.touched(frozenset({"petition:1"}))
        counter.kitchen.public, counter.kitchen.status = False, status
        for _ in range(3):
            assert (await counter.ask()).status == status
        counter.kitchen.public, counter.kitchen.status = True, 200
        again = await counter.ask()
        assert again.body != good.body
        made = counter.kitchen.made
        for _ in range(5):
            assert (await counter.ask()).body == again.body
        assert counter.kitchen.made == made

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading_is_answered_from_the_cache(counter: Counter, method: str) -> None:
    async def scenario() -> None:
        await counter.ask()
        await counter.ask(method=method)
        assert counter.kitchen.methods == ["GET", method]

    asyncio.run(scenario())


def test_a_page_too_big_to_keep_is_served_all_the_same(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.body = b"x" * (MOST_BYTES + 1)
        for made in (1, 2):
            assert (await counter.ask()).body == counter.kitchen.body
            assert counter.kitchen.made == made

    asyncio.run(scenario())


def test_the_cache_holds_so_many_pages_and_no_more(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.body = b"small"
        for number in range(MOST_PAGES + 10):
            await counter.ask(query=f"page={number}")
        assert len(counter.cache.pages) == MOST_PAGES
        await counter.ask(query=f"page={MOST_PAGES + 9}")
        assert counter.kitchen.made == MOST_PAGES + 10
        await counter.ask(query="page=0")
        assert counter.kitchen.made == MOST_PAGES + 11

    asyncio.run(scenario())


# many at once


def test_readers_who_come_together_share_one_rendering(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.meanwhile = lambda: asyncio.sleep(0.05)
        answers = await asyncio.gather(*(counter.ask() for _ in range(50)))
        assert counter.kitchen.made == 1
        assert len({a.body for a in answers}) == 1

    asyncio.run(scenario())


def test_a_rendering_that_fails_keeps_nobody_waiting(counter: Counter) -> None:
    async def scenario() -> None:
        async def fail_first() -> None:
            await asyncio.sleep(0.02)
            if counter.kitchen.made == 1:
                raise ZeroDivisionError

        counter.kitchen.meanwhile = fail_first
        async with asyncio.timeout(30):
            told = await asyncio.gather(*(counter.ask() for _ in range(5)), return_exceptions=True)
        assert [type(t) for t in told] == [ZeroDivisionError, *[Answer] * 4]
        assert not counter.cache.rendering

    asyncio.run(scenario())


def test_a_reader_who_leaves_while_the_page_is_made_keeps_nobody_waiting(counter: Counter) -> None:
    async def scenario() -> None:
        counter.kitchen.meanwhile = lambda: asyncio.sleep(0.05)
        first = asyncio.create_task(counter.ask())
        await asyncio.sleep(0.01)
        second = asyncio.create_task(counter.ask())
        await asyncio.sleep(0)
        first.cancel()
        async with asyncio.timeout(30):
            assert (await second).status == 200
            assert (await counter.ask()).status == 200

    asyncio.run(scenario())


def test_a_download_that_never_ends_keeps_nobody_waiting(counter: Counter) -> None:
    async def scenario() -> None:
        endless, begun = asyncio.Event(), asyncio.Event()

        async def download(_scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            begun.set()
            await endless.wait()
            await send({"type": "http.response.body", "body": b"the end"})

        counter.cache.inner = download
        first = asyncio.create_task(counter.ask("/petitions.csv"))
        await begun.wait()
        second = asyncio.create_task(counter.ask("/petitions.csv"))
        begun.clear()
        async with asyncio.timeout(30):
            await begun.wait()  # the second is being served while the first still is
        endless.set()
        assert [(await first).body, (await second).body] == [b"the end"] * 2

    asyncio.run(scenario())


# in a house


def test_what_this_process_stores_is_shown_at_once(served: Served) -> None:
    empty = served.get("/guestbook")
    assert served.get("/guestbook").text == empty.text
    renderings = served.book.renderings
    for name in ("Amina", "Bob", "Charlie"):
        assert served.post("/guestbook", name=name).status_code == 303
        assert name in served.get("/guestbook").text
    assert served.book.renderings == renderings + 3
    served.post("/guestbook", name="Dora", answer="422")
    served.get("/guestbook")
    assert served.book.renderings == renderings + 3, "nothing was stored, so nothing has changed"


def test_what_another_process_stores_is_shown_within_two_seconds(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks once a second, and after the second look nobody gets the old page, however long a busy machine takes."""
    cache, looks = served.house.cache, [0]

    def looked(keys: Any, read: Any = cache.read_versions) -> Mapping[str, int]:
        found: Mapping[str, int] = read(keys)
        looks[0] += 1
        return found

    assert "Zoe" not in served.get("/guestbook").text
    elsewhere = Database(served.database.url, pool=1)
    with elsewhere.writing() as db:
        db.execute(insert(ENTRY).values(id=1, name="Zoe"))
        freshness.touch(db, "guestbook")
    elsewhere.close()
    monkeypatch.setattr(cache, "read_versions", looked)
    before = looks[0]
    while "Zoe" not in served.get("/guestbook").text:
        assert before < 2, "still the old page"
        time.sleep(0.05)
        before = looks[0]
    assert page_cache.LOOK_EVERY <= 1


def test_a_public_page_says_how_long_and_a_personal_one_not_at_all(sqlite_served: Served) -> None:
    page = sqlite_served.get("/guestbook", headers={"cookie": "townsquare=somebody"} | GZIP)
    assert page.headers["cache-control"] == "public, max-age=10, stale-while-revalidate=60"
    assert page.headers["content-encoding"] == "gzip"
    assert MARK.decode() not in page.headers
    known = {"if-none-match": page.headers["etag"]}
    assert sqlite_served.get("/guestbook", headers=known | GZIP).status_code == 304
    assert sqlite_served.get("/guestbook", headers=known | {"accept-encoding": "identity"}).status_code == 200
    renderings = sqlite_served.book.renderings
    for reader in ("amina", "bob"):
        mine = sqlite_served.get("/guestbook/mine", headers={"cookie": f"townsquare={reader}"})
        assert mine.json()["cookies"] == {"townsquare": reader}
        assert mine.headers["cache-control"] == "no-store"
    assert sqlite_served.book.renderings == renderings + 2


def test_a_careless_cookie_reaches_its_own_reader_only(sqlite_served: Served) -> None:
    cookies = [sqlite_served.get("/guestbook/baked").headers["set-cookie"] for _ in range(3)]
    assert len(set(cookies)) == 3


def test_a_house_without_a_cache_makes_every_page_anew(sqlite_database: Database) -> None:
    with Served(sqlite_database, page_cache="off") as house:
        for made in range(1, 4):
            answer = house.get("/guestbook")
            assert answer.status_code == 200
            assert house.book.renderings == made
            assert MARK.decode() not in answer.headers
        assert house.ask("HEAD", "/guestbook").status_code == 200
