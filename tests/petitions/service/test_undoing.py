"""A count that falls clearly below a threshold takes back what it brought, until something has answered it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from petitions.model.petition import Crossing, Event
from petitions.rules.thresholds import Threshold, fallen
from petitions.service import ending, withdrawing
from tests.people import SAM, crowd
from tests.site import Town


def reached(town: Town, size: int = 10) -> tuple[int, list[int]]:
    """A petition with this many signatures (its creator and five sponsors among them), and the public ones."""
    petition = town.open_petition()
    town.officer()
    return petition, town.sign(petition, *crowd(size - 6, "public"))


def leave(town: Town, signature: int) -> None:
    town.database.retrying(lambda db: withdrawing.withdraw(db, signature, closed_on="", now=town.now))


def crossings(town: Town, petition: int) -> list[tuple[str, int, bool]]:
    with town.database.reading() as db:
        rows = db.scalars(
            select(Crossing).where(Crossing.petition_id == petition, Crossing.threshold != "moderation")
        ).all()
        return sorted((c.threshold, c.episode, c.undone_at is not None) for c in rows)


def test_the_tenth_leaves_and_the_petition_awaits_nothing_any_more(town: Town):
    petition, signers = reached(town)
    assert town.petition(petition).response_reached_at == town.now
    town.deliver()
    leave(town, signers[-1])
    assert town.petition(petition).response_reached_at is None
    assert crossings(town, petition) == [("response", 1, True)]
    (referral,) = town.referrals(petition)
    assert (referral.state, referral.closed_at) == ("closed", town.now)
    with town.database.reading() as db:
        told = db.scalars(select(Event).where(Event.petition_id == petition)).all()
    assert [(e.kind, e.facts) for e in told] == [("threshold-undone", {"threshold": "response", "count": 9})]
    assert len(town.queued("petitions/mail/undone_officer")) == 1
    assert town.broken() == {}


def test_the_next_tenth_sets_it_again_with_a_clock_of_its_own(town: Town):
    petition, signers = reached(town)
    leave(town, signers[-1])
    town.deliver()
    town.clock.advance(timedelta(days=3))
    town.sign(petition, SAM)
    assert town.petition(petition).response_reached_at == town.now
    assert crossings(town, petition) == [("response", 1, True), ("response", 2, False)]
    first, second = town.referrals(petition)
    assert (first.state, second.state) == ("closed", "received")
    assert second.due_at is not None and first.due_at is not None and second.due_at > first.due_at
    assert town.broken() == {}


def test_what_was_answered_never_goes_back(town: Town):
    petition, signers = reached(town)
    town.answer(petition)
    leave(town, signers[-1])
    leave(town, signers[-2])
    assert town.petition(petition).response_reached_at is not None
    assert crossings(town, petition) == [("response", 1, False)]
    assert town.referrals(petition)[0].state == "answered"
    assert town.broken() == {}


def test_a_moderator_who_invalidates_one_undoes_it_too_and_is_on_record(town: Town):
    petition, signers = reached(town)
    by = town.moderator()
    town.database.retrying(lambda db: ending.invalidate(db, signers[0], reason="automated", by=by, now=town.now))
    assert town.petition(petition).response_reached_at is None
    assert town.signature(signers[0]).end_reason == "automated"
    assert town.broken() == {}


@pytest.mark.parametrize(
    ("count", "lost"),
    [
        (10_000, []),
        (9_900, []),
        (9_899, [Threshold.RESPONSE]),
    ],
)
def test_one_in_a_hundred_may_leave_a_large_petition(count: int, lost: list[Threshold]):
    class Marks:
        sponsors_needed, response_threshold, debate_threshold = 5, 10_000, 100

    assert [t for t in fallen(count, Marks) if t is Threshold.RESPONSE] == lost  # type: ignore[arg-type]


def test_sam_comes_and_goes_at_the_line_of_a_large_petition_and_sets_no_clock_twice(town: Town):
    petition = town.open_petition()
    town.sql(
        "UPDATE petitions_petition SET response_threshold = 100, debate_threshold = 500 WHERE id = :id", id=petition
    )
    *_rest, sam = town.sign(petition, *crowd(93, "public"), SAM)
    for _ in range(2):
        leave(town, sam)
        (sam,) = town.sign(petition, SAM)
    assert crossings(town, petition) == [("response", 1, False)]
    assert len(town.referrals(petition)) == 1
    assert town.broken() == {}
