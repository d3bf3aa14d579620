"""Stopping one thing or all of them, going on, and being forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.holding import Person
from app.core.errors import NotFound
from app.following.model import Follow, Follower
from app.following.service import asking, stopping
from app.mail.model import LetterState
from tests.app.following.readers import MAYA, Readers
from tests.app.following.test_digests import correct, followed, later
from tests.people import SAM


def go_on(readers: Readers) -> None:
    readers.town.database.retrying(lambda db: stopping.go_on(db, readers.follower(MAYA).id))


def test_going_on_brings_back_the_digest_that_had_not_left(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    readers.make()
    readers.stop_all(MAYA)
    readers.stop_all(MAYA)
    assert (readers.queued()[0].state, readers.queued()[0].fault) == (LetterState.DROPPED, "stopped")
    go_on(readers)
    go_on(readers)
    town.deliver()
    assert len(readers.digests(MAYA)) == 1
    assert town.broken() == {}


def test_following_anew_after_stopping_brings_back_nothing_else(readers: Readers):
    first, second = followed(readers, MAYA), followed(readers, SAM)
    readers.stop_all(MAYA)
    readers.follow(MAYA, "petition", second)
    assert [f.key for f in readers.follows(MAYA)] == [str(second)]
    later(readers.town)
    correct(readers.town, first)
    readers.morning()
    assert readers.digests(MAYA) == []


def test_who_stops_the_last_thing_is_forgotten_in_thirty_days(readers: Readers):
    petition = followed(readers, MAYA)
    follow = readers.follows(MAYA)[0]
    stopped = readers.town.database.retrying(
        lambda db: stopping.stop_one(db, follow.follower_id, follow.id, readers.town.now)
    )
    assert stopped == ("petition", str(petition))
    readers.town.clock.advance(timedelta(days=29))
    readers.town.work()
    assert readers.follower(MAYA).stopped_at
    readers.town.clock.advance(timedelta(days=2))
    readers.town.work()
    assert readers.town.rows(Follower) == []


def test_nobody_stops_what_others_follow(readers: Readers):
    followed(readers, MAYA, SAM)
    sams = readers.follows(SAM)[0]
    with pytest.raises(NotFound):
        readers.town.database.retrying(
            lambda db: stopping.stop_one(db, readers.follower(MAYA).id, sams.id, readers.town.now)
        )
    assert readers.follows(SAM) == [sams] or readers.follows(SAM)[0].id == sams.id


def test_everything_about_her_is_shown_handed_over_and_erased(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA, SAM)
    readers.ask(MAYA, "department", "parks")
    holding, maya = town.site.holdings["following"], Person(None, MAYA.address)
    with town.database.reading() as db:
        follows, letters = holding.sections(db, maya, town.now)
        told = holding.export(db, maya)
    assert [(r.title, r.href) for r in follows.rows] == [("Open the town library on Sundays", f"/petitions/{petition}")]
    assert [(r.title, r.standing) for r in letters.rows] == [(MAYA.email, "Once a day")]
    (digest,) = told["digests"]
    assert (digest["to"], [f["kind"] for f in digest["follows"]]) == (MAYA.email, ["department", "petition"])
    town.database.retrying(lambda db: holding.erase(db, maya, town.now))
    assert [f.id for f in town.rows(Follower)] == [readers.follower(SAM).id]
    assert [f.follower_id for f in town.rows(Follow)] == [readers.follower(SAM).id]
    assert [x.state for x in town.queued(asking.CONFIRM)].count("dropped") == 2
    assert town.broken() == {}


def test_she_chooses_on_her_own_page(readers: Readers):
    town = readers.town
    followed(readers, MAYA)
    holding, maya = town.site.holdings["following"], Person(None, MAYA.address)

    def act(kind: str, row: int, name: str) -> None:
        town.database.retrying(lambda db: holding.act(db, maya, kind, row, name, town.now))

    number = readers.follower(MAYA).id
    act("digest", number, "weekly")
    assert readers.follower(MAYA).period == "weekly"
    act("digest", number, "stop")
    assert readers.follower(MAYA).stopped_at
    act("digest", number, "go-on")
    assert readers.follower(MAYA).stopped_at is None
    act("follow", readers.follows(MAYA)[0].id, "stop")
    assert readers.follows(MAYA) == []
    for kind, row, name in (("digest", 17, "stop"), ("follow", 17, "stop"), ("digest", number, "sing")):
        with pytest.raises(NotFound):
            act(kind, row, name)


def test_a_number_that_was_forgotten_is_never_given_again(readers: Readers):
    """Else an old letter's link would open a stranger's page."""
    petition = followed(readers, MAYA)
    number = readers.follower(MAYA).id
    readers.town.database.retrying(lambda db: stopping.forget(db, number, readers.town.now))
    readers.follow(SAM, "petition", petition)
    assert readers.follower(SAM).id != number
