"""Before an election everything closes at one announced minute; called off in time, all is as before."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from petitions.model.petition import Event, Petition
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import NotOpen, PetitionClosed
from petitions.rules.stops import CreatingStopped, ElectionBegun, StopKind
from petitions.service import authoring, election, erasing, stopping, stops
from petitions.service.acts import Confirmed
from tests.people import ANNA, BOB, LAURA, PEDRO, SAM
from tests.petitions.service.test_stops import go_on, stop
from tests.site import TEXTS, Town

LETTER = "Your petition was stopped because of the election"
ZONE = ZoneInfo("Europe/London")


def announce(town: Town, ahead: timedelta = timedelta(days=20), message: str = "") -> tuple[int, datetime]:
    """Answers the row and the minute; the worker has looked since."""
    minute = town.now + ahead
    row = stop(town, StopKind.ELECTION, message, minute)
    town.work()
    return row, minute


def call_off(town: Town, row: int) -> None:
    go_on(town, row, StopKind.ELECTION)
    town.work()


def erase(town: Town) -> int:
    return town.database.retrying(lambda db: erasing.erase_some(db, PetitionPolicy(), ZONE, town.now))


def stop_abandoned(town: Town) -> int:
    return town.database.retrying(lambda db: stopping.stop_abandoned(db, PetitionPolicy(), town.now))


def closings(town: Town) -> dict[int, datetime | None]:
    return {p.id: p.closes_at for p in town.rows(Petition)}


def test_open_petitions_close_at_the_minute_and_not_a_second_before(town: Town):
    petition = town.open_petition()
    row, minute = announce(town)
    assert town.petition(petition).closes_at == minute
    town.clock.set(minute - timedelta(seconds=1))
    town.sign(petition, SAM)
    town.clock.set(minute)
    assert isinstance(town.perform([town.request_act(petition, LAURA)])[0], PetitionClosed)
    town.work()
    found = town.petition(petition)
    assert (found.state, found.closed_at) == ("closed", minute)
    call_off(town, row)
    assert town.petition(petition).state == "closed"
    town.deliver()
    assert town.broken() == {}


def test_who_asked_before_the_minute_may_confirm_for_a_day(town: Town):
    petition = town.open_petition()
    _row, minute = announce(town)
    town.clock.set(minute - timedelta(minutes=1))
    asked = town.request(petition, SAM, LAURA)
    town.clock.set(minute + timedelta(hours=23))
    town.work()
    assert isinstance(town.confirm(asked[0])[0], Confirmed)
    town.clock.set(minute + timedelta(hours=24))
    assert isinstance(town.confirm(asked[1])[0], PetitionClosed)


def test_calling_it_off_restores_every_deadline_exactly(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(election, "A_STEP", 2)
    early = town.open_petition()
    minute = town.now + timedelta(days=20)
    town.sql("UPDATE petitions_petition SET closes_at = updated_at WHERE id = :i", i=early)
    with town.database.writing() as db:
        db.execute(update(Petition).where(Petition.id == early).values(closes_at=minute - timedelta(days=3)))
    late = [town.open_petition() for _ in range(3)]
    before = closings(town)
    row, minute = announce(town)
    assert [town.petition(p).closes_at for p in late] == [minute] * 3
    assert town.petition(early).closes_at == before[early]
    published = town.open_petition(LAURA)  # while it is announced
    assert town.petition(published).closes_at == minute
    own = town.petition(published).closes_before_election
    call_off(town, row)
    assert closings(town) == before | {published: own}
    assert town.rows(Petition, Petition.closes_before_election.is_not(None)) == []


def test_what_is_brought_back_into_the_open_meanwhile_closes_in_time_as_well(town: Town):
    petition = town.open_petition()
    town.sql("UPDATE petitions_petition SET state = 'hidden' WHERE id = :i", i=petition)
    _row, minute = announce(town)
    town.sql("UPDATE petitions_petition SET state = 'open' WHERE id = :i", i=petition)
    town.work()
    assert town.petition(petition).closes_at == minute


def test_gathering_petitions_stop_and_each_creator_gets_one_letter(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(election, "STOPPED_A_STEP", 2)
    pending, collecting, checked = town.start(ANNA), town.start(ANNA.but(email="ANNA@example.org")), town.start(LAURA)
    town.sign(collecting, SAM, sponsor=True)
    town.support(checked)
    waiting = town.request(collecting, BOB, sponsor=True)
    town.deliver()
    _row, minute = announce(town, timedelta(days=2))
    asked = town.request(pending, PEDRO, sponsor=True)
    town.clock.set(minute)
    town.work()
    found = [town.petition(p) for p in (pending, collecting, checked)]
    assert {(p.state, p.stopped_at) for p in found} == {("stopped", minute)}
    assert [c.state for c in town.rows(Case)] == ["closed"]
    town.deliver()
    assert [len([s for s in town.letters.subjects(p) if s == LETTER]) for p in (ANNA, LAURA, SAM)] == [1, 1, 0]
    assert town.letters.to(PEDRO) == []  # his letter had not left when the petition stopped
    assert {type(a) for a in town.confirm(*asked, *waiting)} == {NotOpen}
    told = town.rows(Event, Event.kind == "stopped")
    assert sorted((e.petition_id, e.facts["why"]) for e in told) == [
        (p, "election") for p in (pending, collecting, checked)
    ]
    town.work()
    town.deliver()
    assert len([s for s in town.letters.subjects(ANNA) if s == LETTER]) == 1
    assert town.broken() == {}


def test_a_petition_that_was_taken_down_and_is_judged_anew_is_not_stopped(town: Town):
    petition = town.open_petition()
    town.sql("UPDATE petitions_petition SET state = 'in_moderation' WHERE id = :i", i=petition)
    _row, minute = announce(town)
    town.clock.set(minute)
    town.work()
    assert town.petition(petition).state == "in_moderation"


def test_an_interruption_at_the_minute_is_gone_on_with_even_after_the_election_was_ended(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(election, "STOPPED_A_STEP", 1)
    gathering = [town.start(ANNA), town.start(LAURA), town.start(SAM)]
    row, minute = announce(town)
    town.clock.set(minute)
    with pytest.raises(ZeroDivisionError):
        town.database.retrying(lambda db: election.carry_out_some(db, town.keys, town.now) / 0)
    assert town.rows(Petition, Petition.state == "stopped") == []
    town.database.retrying(lambda db: election.carry_out_some(db, town.keys, town.now))
    assert len(town.rows(Petition, Petition.state == "stopped")) == 1
    town.clock.advance(timedelta(hours=1))
    go_on(town, row, StopKind.ELECTION)  # before the worker was through
    later = town.start(BOB)
    town.work()
    town.deliver()
    assert {town.petition(p).state for p in gathering} == {"stopped"}
    assert town.petition(later).state == "pending"
    assert [town.letters.subjects(p).count(LETTER) for p in (ANNA, LAURA, SAM, BOB)] == [1, 1, 1, 0]


def test_nothing_can_be_started_or_published_after_the_minute_until_it_is_ended(town: Town):
    petition = town.start()
    town.support(petition)
    row, minute = announce(town, message="See you in June.")
    with town.database.reading() as db:
        assert stops.stopped(db, minute - timedelta(seconds=1)).creating is None
        assert stops.stopped(db, minute).creating == "See you in June."
    town.clock.set(minute)
    with pytest.raises(ElectionBegun):  # the worker has not looked yet
        town.decide(petition)
    town.clock.advance(timedelta(days=1))
    call_off(town, row)
    with town.database.reading() as db:
        assert stops.stopped(db, town.now).creating is None
    assert town.petition(town.open_petition(SAM)).state == "open"


def test_a_rejected_petition_cannot_be_sent_in_again_after_the_minute(town: Town):
    petition = town.start()
    town.support(petition)
    town.decide(petition, Verdict.REJECT, reason="irrelevant")
    texts = authoring.Texts("Open the pool on Sundays", TEXTS["background"], TEXTS["additional_details"])
    row, minute = announce(town, timedelta(days=2), message="See you in June.")

    def send_again() -> str:
        return town.database.retrying(
            lambda db: authoring.resubmit(db, PetitionPolicy(), petition, texts, town.now).state
        )

    town.clock.set(minute)
    with pytest.raises(CreatingStopped, match="creating-stopped"):
        send_again()
    call_off(town, row)
    assert send_again() == "in_moderation"


def test_days_of_a_pause_are_kept_for_the_case_that_the_election_is_called_off(town: Town):
    petition = town.open_petition()
    own = town.petition(petition).closes_at
    assert own is not None
    row, minute = announce(town)
    pause = stop(town)
    town.clock.advance(timedelta(days=3))
    town.work()
    assert town.petition(petition).closes_at == minute
    go_on(town, pause)
    call_off(town, row)
    found = town.petition(petition)
    assert (found.extended_days, found.closes_at) == (3, own + timedelta(days=3))


def test_a_pause_puts_off_no_deadline_past_the_minute(town: Town):
    petition = town.open_petition()
    _row, minute = announce(town)
    own = minute - timedelta(hours=12)
    with town.database.writing() as db:
        one = update(Petition).where(Petition.id == petition)
        db.execute(one.values(closes_at=own, closes_before_election=None))
    town.clock.set(own - timedelta(days=1))
    pause = stop(town)
    town.clock.set(own + timedelta(hours=1))
    go_on(town, pause)
    town.work()
    found = town.petition(petition)
    assert (found.closes_at, found.closes_before_election) == (minute, own + timedelta(days=1))


def test_signers_of_stopped_petitions_are_forgotten_six_months_later(town: Town):
    petition = town.start()
    town.support(petition)
    _row, minute = announce(town)
    town.clock.set(minute)
    town.work()
    town.clock.advance(timedelta(days=170))
    assert not erase(town)
    town.clock.advance(timedelta(days=20))
    while erase(town):
        pass
    found = town.petition(petition)
    assert (found.salt, found.creator_name) == (None, None)


def test_a_petition_that_nobody_comes_back_to_is_stopped_after_half_a_year(town: Town):
    forgotten = town.start(ANNA)
    town.clock.advance(timedelta(days=179))
    supported = town.start(LAURA)
    stop_abandoned(town)
    assert town.petition(forgotten).state == "pending"
    town.clock.advance(timedelta(days=2))
    stop_abandoned(town)
    assert [town.petition(p).state for p in (forgotten, supported)] == ["stopped", "pending"]
    assert town.rows(Event, Event.petition_id == forgotten)[-1].facts == {"why": "abandoned"}
    town.deliver()
    assert town.broken() == {}
