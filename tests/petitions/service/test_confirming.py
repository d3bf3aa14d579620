"""Confirming: numbers, slots and postcodes for one and for a whole batch."""

from __future__ import annotations

from datetime import timedelta

from app.core.errors import Refusal
from app.moderation.rules.standards import Verdict
from petitions.model.signature import Household
from petitions.rules.eligibility import (
    AlreadySigned,
    ConfirmationExpired,
    ConfirmationUnknown,
    NotOpen,
    OtherPostcode,
    PetitionClosed,
    SignatureWithdrawn,
    SponsorsFull,
    TwoAlready,
)
from petitions.rules.lifecycle import SignatureState
from petitions.service import withdrawing
from petitions.service.acts import Confirmed, SignatureConfirmation
from tests.people import AMINA, CHARLIE, LAURA, SAM, SUZIE, crowd
from tests.site import Town

WONGS = [SUZIE, SUZIE.but(name="Sam Wong"), SUZIE.but(name="Li Wong")]


def test_numbers_rise_one_by_one_and_none_is_given_twice(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, *crowd(50))
    numbers = [a.number for a in [*town.confirm(*ids[:20]), *town.confirm(*ids[20:21]), *town.confirm(*ids[21:])]]
    assert numbers == list(range(7, 57))
    assert town.count(petition) == 56


def test_a_second_click_gets_the_same_number_and_counts_nothing(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    first = town.confirm(signature)
    assert town.confirm(signature) == first == [Confirmed(petition, 7)]
    assert town.count(petition) == 7


def test_two_clicks_in_one_batch_count_once(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    assert town.confirm(signature, signature, signature) == [Confirmed(petition, 7)] * 3
    assert town.count(petition) == 7


def test_a_request_and_its_confirmation_may_come_in_one_batch_with_others(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    act = SignatureConfirmation(at=town.now, signature_id=signature)
    answers = town.perform([town.request_act(petition, LAURA), act, town.request_act(petition, CHARLIE)])
    assert answers[1] == Confirmed(petition, 7)
    assert not any(isinstance(a, Refusal) for a in answers)


def test_a_link_that_was_never_sent_is_unknown(town: Town):
    (answer,) = town.confirm(4242)
    assert isinstance(answer, ConfirmationUnknown)


def test_after_seven_days_the_link_has_expired_and_a_new_request_gives_it_new_life(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    town.clock.advance(timedelta(days=7))
    (answer,) = town.confirm(signature)
    assert isinstance(answer, ConfirmationExpired)
    assert (town.count(petition), town.signature(signature).state) == (6, "pending")
    town.request(petition, SAM)
    assert town.confirm(signature) == [Confirmed(petition, 7)]


def test_two_people_share_an_address_and_a_postcode(town: Town):
    petition = town.open_petition()
    town.sign(petition, SUZIE)
    town.sign(petition, SUZIE.but(name="Sam Wong"))
    assert sorted(s.slot or 0 for p in WONGS[:2] for s in town.signatures(petition, p)) == [1, 2]
    assert town.count(petition) == 8
    assert town.broken() == {}


def test_of_three_wongs_who_confirm_at_once_the_third_is_refused_alone(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, *WONGS, LAURA)
    first, second, third, laura = town.confirm(*ids)
    assert (first, second) == (Confirmed(petition, 7), Confirmed(petition, 8))
    assert isinstance(third, TwoAlready)
    assert laura == Confirmed(petition, 9)
    assert town.signature(ids[2]).state == "pending"
    assert town.broken() == {}


def test_the_third_wong_is_refused_a_batch_later_too(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, *WONGS)
    town.confirm(*ids[:2])
    assert isinstance(town.confirm(ids[2])[0], TwoAlready)


def test_the_third_wong_is_counted_once_another_has_left(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, *WONGS)
    town.confirm(*ids[:2])
    withdraw(town, ids[0])
    assert town.confirm(ids[2]) == [Confirmed(petition, 9)]
    assert town.signature(ids[2]).slot == 1
    assert (town.count(petition), town.broken()) == (8, {})


def test_two_postcodes_behind_one_address_are_one_too_many(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, SUZIE, SUZIE.but(name="Sam Wong", postcode="M1 1AE"))
    assert town.confirm(ids[0]) == [Confirmed(petition, 7)]
    assert isinstance(town.confirm(ids[1])[0], OtherPostcode)
    assert town.count(petition) == 7


def test_one_postcode_wins_when_both_confirm_at_once(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, SUZIE, SUZIE.but(name="Sam Wong", postcode="M1 1AE"))
    answers = town.confirm(*ids)
    assert answers[0] == Confirmed(petition, 7)
    assert isinstance(answers[1], OtherPostcode)
    assert len(town.rows(Household, Household.petition_id == petition)) == 7


def test_the_last_of_an_address_takes_the_postcode_along(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, SUZIE, SUZIE.but(name="Sam Wong", postcode="M1 1AE"))
    town.confirm(ids[0])
    withdraw(town, ids[0])
    assert town.confirm(ids[1]) == [Confirmed(petition, 8)]
    assert town.broken() == {}


def test_one_person_with_two_requests_from_two_postcodes_is_counted_once(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, SAM, SAM.but(postcode="M1 1AE"))
    assert town.confirm(ids[0]) == [Confirmed(petition, 7)]
    assert isinstance(town.confirm(ids[1])[0], AlreadySigned)


def test_the_slots_of_one_petition_are_not_those_of_another(town: Town):
    one, other = town.open_petition(), town.open_petition()
    town.sign(one, *WONGS[:2])
    town.sign(other, *WONGS[1:])
    assert (town.count(one), town.count(other)) == (8, 8)


def test_who_asked_in_time_may_confirm_within_a_day_of_closing(town: Town):
    petition = town.open_petition()
    closes = town.petition(petition).closes_at
    assert closes is not None
    town.clock.set(closes - timedelta(minutes=1))
    late, later = town.request(petition, SAM, LAURA)
    town.clock.set(closes)
    town.work()
    assert town.petition(petition).state == "closed"
    town.clock.advance(timedelta(hours=23, minutes=59))
    assert town.confirm(late) == [Confirmed(petition, 7)]
    town.clock.advance(timedelta(minutes=1))
    assert isinstance(town.confirm(later)[0], PetitionClosed)
    town.deliver()
    assert (town.count(petition), town.broken()) == (7, {})


def test_the_refusal_names_the_day_it_closed(sqlite_town: Town):
    town = sqlite_town
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    town.clock.advance(timedelta(days=200))
    refusal = town.perform([town.request_act(petition, LAURA)])[0]
    assert isinstance(refusal, PetitionClosed)
    assert "It closed on 2 September 2026" in refusal.sentence
    assert isinstance(town.confirm(signature)[0], ConfirmationExpired)


def test_a_withdrawn_signature_is_not_counted_again_by_its_link(town: Town):
    petition = town.open_petition()
    (signature,) = town.sign(petition, SAM)
    withdraw(town, signature)
    assert isinstance(town.confirm(signature)[0], SignatureWithdrawn)
    assert town.count(petition) == 6


def test_nobody_is_counted_once_the_petition_was_rejected(town: Town):
    petition = town.start()
    town.support(petition)
    (late,) = town.request(petition, SAM, sponsor=True)
    town.decide(petition, Verdict.REJECT, reason="no-action")
    assert isinstance(town.confirm(late)[0], NotOpen)


# supporters


def test_the_first_supporters_form_proves_the_creator(town: Town):
    petition = town.start()
    assert (town.petition(petition).state, town.count(petition)) == ("pending", 0)
    town.request(petition, SAM, sponsor=True)
    found = town.petition(petition)
    assert (found.state, found.signature_count) == ("collecting", 1)
    creator = town.signature(found.creator_signature_id or 0)
    assert (creator.state, creator.number, creator.kind) == (SignatureState.VALIDATED, 1, "creator")


def test_two_first_supporters_in_one_batch_prove_the_creator_once(town: Town):
    petition = town.start()
    town.request(petition, SAM, LAURA, sponsor=True)
    assert (town.count(petition), town.broken()) == (1, {})


def test_the_twentieth_supporter_is_counted_and_the_twenty_first_waits(town: Town):
    petition = town.start()
    ids = town.request(petition, *crowd(21), sponsor=True)
    *counted, last = town.confirm(*ids)
    assert [a.number for a in counted] == list(range(2, 22))
    assert isinstance(last, SponsorsFull)
    town.decide(petition)
    assert town.confirm(ids[20]) == [Confirmed(petition, 22)]
    assert town.broken() == {}


def test_a_supporters_signature_is_a_signature_once_it_is_published(town: Town):
    petition = town.start()
    ids = town.support(petition)
    town.decide(petition)
    assert [town.signature(i).number for i in ids] == [2, 3, 4, 5, 6]
    town.sign(petition, AMINA)
    assert town.count(petition) == 7


def withdraw(town: Town, signature: int) -> None:
    town.database.retrying(lambda db: withdrawing.withdraw(db, signature, closed_on="", now=town.now))
