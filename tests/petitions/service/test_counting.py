"""What is counted is exact in every committed state; a threshold is crossed once, whatever hears of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.verify import advice
from petitions.events import ThresholdReached
from petitions.model.petition import CountryCount, Crossing, HourCount
from petitions.service import withdrawing
from petitions.service.acts import Confirmed
from tests.people import LAURA, PEDRO, SAM, Person, crowd
from tests.site import Town


def crossings(town: Town, petition: int) -> list[Crossing]:
    return sorted(town.rows(Crossing, Crossing.petition_id == petition), key=lambda c: (c.threshold, c.episode))


def hours(town: Town, petition: int) -> dict[datetime, int]:
    return {h.hour: h.validated for h in town.rows(HourCount, HourCount.petition_id == petition)}


def countries(town: Town, petition: int) -> dict[str, int]:
    return {c.country: c.validated for c in town.rows(CountryCount, CountryCount.petition_id == petition)}


def abroad(people: list[Person]) -> list[Person]:
    """Every third of them lives elsewhere."""
    return [p.but(country="FR", postcode="") if i % 3 == 0 else p for i, p in enumerate(people)]


def test_countries_and_hours_add_up_to_the_count(town: Town):
    petition = town.open_petition()
    town.clock.set(datetime(2026, 3, 2, 13, 59, 59, tzinfo=UTC))
    town.sign(petition, *abroad(crowd(10)), PEDRO)
    town.clock.set(datetime(2026, 3, 2, 14, 0, tzinfo=UTC))
    town.sign(petition, SAM, LAURA)
    assert town.count(petition) == 19
    assert Counter(countries(town, petition)) == {"GB": 14, "FR": 4, "US": 1}
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert hours(town, petition) == {noon: 6, noon + timedelta(hours=1): 11, noon + timedelta(hours=2): 2}
    assert town.broken() == {}


def test_a_batch_over_many_petitions_raises_each_by_its_own(town: Town):
    petitions = [town.open_petition() for _ in range(3)]
    people = crowd(9)
    acts = [town.request_act(petitions[i % 3], p) for i, p in enumerate(people)]
    town.perform(acts)
    town.confirm(*(a.id for a in acts), acts[0].id)
    assert [town.count(p) for p in petitions] == [9, 9, 9]
    assert town.broken() == {}


def test_the_tenth_signature_brings_a_duty_and_letters_once(town: Town):
    petition = town.open_petition()
    town.officer()
    town.sign(petition, *crowd(3))
    assert crossings(town, petition)[0].threshold == "moderation"
    assert not town.referrals(petition)
    town.clock.advance(timedelta(hours=1))
    town.sign(petition, SAM)
    (_moderation, reached) = crossings(town, petition)
    assert (reached.threshold, reached.episode, reached.signature_count) == ("response", 1, 10)
    assert reached.reached_at == reached.served_at == town.petition(petition).response_reached_at == town.now
    (referral,) = town.referrals(petition)
    assert (referral.cause, referral.state) == ("response", "received")
    assert referral.due_at == datetime(
        2026, 3, 30, 23, 0, tzinfo=UTC
    )  # the local midnight after 28 days, in summer time
    town.clock.advance(timedelta(hours=1))
    town.sign(petition, LAURA)
    assert len(crossings(town, petition)) == 2
    assert town.petition(petition).response_reached_at == town.now - timedelta(hours=1)
    letters = town.deliver()
    assert letters.subjects("anna@example.org").count("Your petition will be answered") == 1
    assert letters.subjects("imran@example.org") == ["A petition was referred to you"]
    assert town.broken() == {}


def test_a_batch_that_passes_both_thresholds_at_once_brings_both_duties(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(40))
    assert [(c.threshold, c.signature_count) for c in crossings(town, petition)] == [
        ("debate", 46),
        ("moderation", 6),
        ("response", 46),
    ]
    assert [r.cause for r in town.referrals(petition)] == ["response", "debate"]
    assert town.broken() == {}


def test_a_debate_goes_to_the_department_that_is_named_for_debates(sqlite_database, tmp_path):
    town = Town(
        sqlite_database,
        tmp_path,
        petitions_response_at=10,
        petitions_debate_at=20,
        petitions_debate_department="assembly",
    )
    town.department("assembly")
    petition = town.open_petition()
    town.sign(petition, *crowd(14))
    lead, assembly = town.referrals(petition)
    assert (lead.cause, assembly.cause) == ("response", "debate")
    assert lead.department_id != assembly.department_id


@pytest.mark.parametrize("why", ["unknown", "dissolved"])
def test_a_debate_goes_to_the_lead_where_the_named_department_is_not_there_and_operators_are_told(
    sqlite_database, tmp_path, why: str
):
    civic = {"petitions_response_at": 10, "petitions_debate_at": 20, "petitions_debate_department": "assembly"}
    town = Town(sqlite_database, tmp_path, **civic)
    if why == "dissolved":
        town.department("assembly")
        town.sql("UPDATE departments_department SET dissolved_at = created_at WHERE slug = 'assembly'")
    petition = town.open_petition()
    town.sign(petition, *crowd(14))
    lead, debate = town.referrals(petition)
    assert lead.department_id == debate.department_id
    (said,) = advice(town.site, town.database, town.now)
    assert "TOWNSQUARE_PETITIONS_DEBATE_DEPARTMENT names assembly" in said
    assert town.broken() == {}


def test_nothing_is_advised_where_the_department_for_debates_is_there(sqlite_database, tmp_path):
    town = Town(sqlite_database, tmp_path, petitions_debate_department="assembly")
    town.department("assembly")
    assert advice(town.site, town.database, town.now) == []


def test_supporters_alone_may_reach_a_low_threshold(town: Town):
    """Twenty supporters and their creator are twenty-one; the answer is due from ten on."""
    petition = town.start()
    town.support(petition, 20)
    town.decide(petition)
    assert {c.threshold for c in crossings(town, petition)} == {"moderation", "response", "debate"}
    town.work()
    assert [r.cause for r in town.referrals(petition)] == ["response", "debate"]
    assert town.broken(town.now + timedelta(minutes=5)) == {}


def test_thresholds_are_those_of_the_day_it_was_published(town: Town):
    petition = town.open_petition()
    town.sql("UPDATE petitions_petition SET response_threshold = 8")
    town.sign(petition, SAM)
    assert not town.referrals(petition)
    town.sign(petition, LAURA)
    assert [c.signature_count for c in crossings(town, petition) if c.threshold == "response"] == [8]


def test_a_threshold_that_stands_is_not_reached_a_second_time(town: Town):
    """One in a hundred may leave a petition of 100 and come back: no second duty, the first clock goes on."""
    petition = town.open_petition()
    levels = "UPDATE petitions_petition SET response_threshold = 100, debate_threshold = 500 WHERE id = :id"
    town.sql(levels, id=petition)
    *_others, sam = town.sign(petition, *crowd(93), SAM)
    first = town.petition(petition).response_reached_at
    town.clock.advance(timedelta(hours=1))
    town.database.retrying(lambda db: withdrawing.withdraw(db, sam, closed_on="", now=town.now))
    assert town.count(petition) == 99
    town.sign(petition, LAURA)
    assert [c.episode for c in crossings(town, petition) if c.threshold == "response"] == [1]
    assert len(town.referrals(petition)) == 1
    assert town.petition(petition).response_reached_at == first
    assert town.broken() == {}


class DeafDepartment:
    """A listener whose statement the database refuses, as long as it is told to fail."""

    def __init__(self) -> None:
        self.fails = True

    def __call__(self, db: Session, event: ThresholdReached) -> None:
        if self.fails:
            db.execute(text("INSERT INTO outcomes_referral (id, state) VALUES (1, 'nonsense')"))


def test_a_listener_that_fails_stops_no_counting_and_the_clock_serves_the_crossing_later(town: Town):
    petition = town.open_petition()
    deaf = DeafDepartment()
    town.site.listeners[ThresholdReached].append(deaf)
    ids = town.request(petition, *crowd(5))
    assert [type(a) for a in town.confirm(*ids)] == [Confirmed] * 5
    assert town.count(petition) == 11
    assert [c.served_at for c in crossings(town, petition) if c.threshold == "response"] == [None]
    assert not town.referrals(petition)
    assert town.petition(petition).response_reached_at is None

    later = town.now + timedelta(minutes=3)
    said = f"the response crossing of petition {petition} is unserved"
    assert town.broken(later) == {"petitions: crossings are served": [said]}
    with town.database.reading() as db:
        assert [why for ask in town.site.readiness for why in ask(db, later)] == [said]

    town.clock.set(later)
    town.work()
    assert not town.referrals(petition), "still deaf"
    deaf.fails = False
    town.work()
    assert [r.cause for r in town.referrals(petition)] == ["response"]
    assert [c.served_at for c in crossings(town, petition) if c.threshold == "response"] == [town.now]
    town.deliver()
    assert town.broken() == {}
    town.work()
    assert len(town.referrals(petition)) == 1


def test_a_petition_that_cannot_be_served_does_not_keep_another_waiting(town: Town):
    lost, other = town.open_petition(), town.open_petition()
    town.sql("UPDATE petitions_petition SET lead_department_id = NULL WHERE id = :lost", lost=lost)
    town.sign(lost, *crowd(5))
    assert not town.referrals(lost)
    town.sign(other, *crowd(5))
    town.sql("DELETE FROM outcomes_handing")
    town.sql("DELETE FROM outcomes_referral")
    town.sql("UPDATE petitions_crossing SET served_at = NULL WHERE threshold = 'response'")
    town.work()
    assert not town.referrals(lost)
    assert len(town.referrals(other)) == 1
