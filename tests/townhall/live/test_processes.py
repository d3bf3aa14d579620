"""Two processes serve one hall: what one commits the other tells, hint or no hint."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.db import Database
from tests.site import RunningSite
from tests.townhall.live.following import browser_of, following, happens, meeting
from townhall.live import hearing
from townhall.service.log import CHANNEL, Happening

Two = tuple[RunningSite, RunningSite]


@pytest.fixture(scope="module")
def two(postgres_server: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Each with connections of its own."""
    with postgres_server.copy() as database:  # type: ignore[attr-defined]
        beside = Database(database.url)
        folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
        with (
            RunningSite(database, folders[0], page_cache="off") as one,
            RunningSite(beside, folders[1], page_cache="off") as other,
        ):
            yield one, other
        beside.close()


def test_what_happens_through_one_is_told_by_the_other_and_presence_is_summed(two: Two) -> None:
    one, other = two
    town = meeting(one)
    hall = town.hall()
    question = town.question(hall)
    kim = browser_of(one, hall, town.participant(hall, "Kim"))
    with following(one, hall, cookies=kim) as here, following(other, hall) as there:
        here.hello()
        there.hello()
        assert here.command("upvote.set", question=question, on=True)["t"] == "ok"
        assert here.command("react", kind="heart")["t"] == "ok"
        there.key(f"q.{question}.v", 1)
        here.key("here", 2)
        there.key("here", 2)
        there.key("react", {"heart": 1})
        happens(one, hall, Happening("slow.set"))
        there.event("slow.set")
        seq = there.seq
    with following(one, hall) as moved:  # from the one to the other
        assert moved.hello(resume=(there.epoch, seq))["mode"] == "resumed"


def test_a_hint_that_is_lost_costs_a_second(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = two
    monkeypatch.setattr(other.house.site.dependencies["halls"], "heard", lambda *_hint, **_how: None)
    monkeypatch.setattr(other.house.site.dependencies["halls"]._hearing, "heard", lambda *_hint, **_how: None)
    hall = meeting(one).hall()
    with following(other, hall) as there:
        there.hello()
        happens(one, hall, Happening("slow.set"))
        assert there.event("slow.set")["seconds"] == 0


def test_who_ends_does_not_wait_for_another_hint(postgres_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "PATIENCE", 40.0)
    came = threading.Event()
    ears = hearing.Hearing.of(postgres_database, "", lambda *_hint, **_how: came.set())
    ears.start()
    for _attempt in range(600):  # it listens once it has connected
        with postgres_database.writing() as db:
            db.execute(text(f"NOTIFY {CHANNEL}, '7'"))
        if came.wait(0.05):
            break
    began = time.monotonic()
    ears.stop()
    assert not any(thread.is_alive() for thread in ears._threads)
    assert time.monotonic() - began < 20
