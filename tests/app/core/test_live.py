"""Open pages learn what changed, once, however often it did; what a session holds open ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from app.core import live
from app.core.live import MOST_A_SESSION, EventStream, Glance, Hub

MIA, OMAR = b"mia", b"omar"


class Facts:
    """What is true in the database, and how often it was asked."""

    def __init__(self) -> None:
        self.versions = {"desk": 1}
        self.alive = {MIA, OMAR}
        self.looks = 0
        self.out_of_reach = False

    def look(self, topics: frozenset[str], sessions: frozenset[bytes]) -> Glance:
        self.looks += 1
        if self.out_of_reach:
            raise ConnectionError
        return Glance({t: v for t, v in self.versions.items() if t in topics}, self.alive & sessions)


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def hub(facts: Facts) -> Iterator[Hub]:
    with ThreadPoolExecutor(1) as pool:
        yield Hub(facts.look, pool)


def running(hub: Hub, story: Coroutine[Any, Any, Any]) -> Any:
    """The story, with the refresher beside it."""

    async def both() -> Any:
        refresher = asyncio.create_task(hub.refresh_forever())
        await asyncio.sleep(0)
        try:
            return await asyncio.wait_for(story, 20)
        finally:
            refresher.cancel()
            with suppress(asyncio.CancelledError):
                await refresher

    return asyncio.run(both())


async def settled(hub: Hub, facts: Facts, *watchers: live.Watcher) -> None:
    """The first look is over: what the hub knows now is what it compares with."""
    enough = facts.looks + 2
    while facts.looks < enough:
        hub.hear(frozenset({"desk"}))
        await asyncio.sleep(0.01)
    for watcher in watchers:
        await watcher.news()


def test_a_page_that_begins_to_watch_is_told_to_look_once(hub: Hub):
    async def story() -> frozenset[str]:
        with hub.watching(["desk"], MIA) as mia:
            return await mia.news()

    assert running(hub, story()) == {"desk"}


def test_everyone_who_watches_hears_of_a_change_and_nobody_else(hub: Hub, facts: Facts):
    async def story() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        with (
            hub.watching(["desk"], MIA) as mia,
            hub.watching(["desk"], OMAR) as omar,
            hub.watching(["hall"], OMAR) as o,
        ):
            await settled(hub, facts, mia, omar, o)
            facts.versions = {"desk": 2}
            hub.hear(frozenset({"desk"}))
            return await mia.news(), await omar.news(), await o.news(0.2)

    assert running(hub, story()) == ({"desk"}, {"desk"}, set())


def test_what_another_process_changed_is_heard_without_a_hint(hub: Hub, facts: Facts):
    async def story() -> frozenset[str]:
        with hub.watching(["desk"], MIA) as mia:
            await settled(hub, facts, mia)
            facts.versions = {"desk": 2}
            return await mia.news()

    assert running(hub, story()) == {"desk"}


def test_a_hundred_changes_are_one_piece_of_news_for_who_is_slow(hub: Hub, facts: Facts):
    async def story() -> tuple[frozenset[str], frozenset[str]]:
        with hub.watching(["desk"], MIA) as mia:
            await settled(hub, facts, mia)
            before = facts.looks
            for version in range(2, 102):
                facts.versions = {"desk": version}
                hub.hear(frozenset({"desk"}))
            await asyncio.sleep(0.5)
            assert facts.looks - before < 12
            return await mia.news(), await mia.news(0.1)

    assert running(hub, story()) == ({"desk"}, set())


def test_a_hint_about_what_nobody_watches_costs_nothing(hub: Hub, facts: Facts):
    async def story() -> int:
        hub.hear(frozenset({"desk"}))
        await asyncio.sleep(0.2)
        return facts.looks

    assert running(hub, story()) == 0


def test_a_page_ends_with_its_session_and_others_go_on(hub: Hub, facts: Facts):
    async def story() -> tuple[str, str]:
        with hub.watching(["desk"], MIA) as mia, hub.watching(["desk"], OMAR) as omar:
            facts.alive = {OMAR}
            while not mia.over:
                await mia.news()
            return mia.over, omar.over

    assert running(hub, story()) == ("session", "")


def test_while_the_database_is_out_of_reach_pages_stay_open(hub: Hub, facts: Facts):
    async def story() -> tuple[str, frozenset[str]]:
        with hub.watching(["desk"], MIA) as mia:
            await settled(hub, facts, mia)
            facts.out_of_reach = True
            hub.hear(frozenset({"desk"}))
            await asyncio.sleep(0.2)
            facts.out_of_reach, facts.versions = False, {"desk": 2}
            return mia.over, await mia.news()

    assert running(hub, story()) == ("", {"desk"})


def test_one_browser_does_not_hold_open_more_than_it_may(hub: Hub):
    async def story() -> tuple[str, int]:
        with hub.watching(["desk"], MIA) as first, hub.watching(["desk"], OMAR) as omar:
            others = [hub.watching(["desk"], MIA) for _n in range(MOST_A_SESSION)]
            for other in others:
                other.__enter__()
            assert omar.over == ""
            found = first.over, hub.open
            for other in others:
                other.__exit__(None, None, None)
            return found

    assert running(hub, story()) == ("crowded", MOST_A_SESSION + 2)
    assert hub.open == 0


def test_when_the_house_closes_everything_ends(hub: Hub):
    async def story() -> str:
        with hub.watching(["desk"], MIA) as mia:
            await mia.news()
            hub.close()
            while not mia.over:
                await mia.news()
            return mia.over

    assert running(hub, story()) == "restart"


def sent(hub: Hub, facts: Facts, leaves: bool) -> list[bytes]:
    """What a stream sends: until its page leaves, or its session ends."""

    async def story() -> list[bytes]:
        bodies: list[bytes] = []
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            bodies.append(message.get("body", b""))
            if b"changed" in bodies[-1]:
                gone.set() if leaves else facts.alive.clear()

        await EventStream(hub, ["desk"], MIA)({}, receive, send)
        return bodies

    return running(hub, story())


def test_a_stream_names_what_changed_and_says_why_it_ends(hub: Hub, facts: Facts):
    told = b"".join(sent(hub, facts, leaves=False))
    assert b'event: changed\ndata: ["desk"]\n\n' in told
    assert told.endswith(b'event: over\ndata: "session"\n\n')


def test_a_stream_ends_when_its_page_is_left(hub: Hub, facts: Facts):
    assert sent(hub, facts, leaves=True)[-1] == b'event: over\ndata: "left"\n\n'
    assert hub.open == 0
