"""Taking a signature back, and "this was not me"."""

from __future__ import annotations

from datetime import timedelta

import pytest

from petitions.model.petition import CountryCount, HourCount
from petitions.model.signature import Household
from petitions.rules.eligibility import ConfirmationUnknown, NotOpen, SignatureWithdrawn, TooLateToWithdraw
from petitions.service import withdrawing
from petitions.service.acts import Confirmed
from tests.people import LAURA, PEDRO, SAM, SUZIE
from tests.site import Town


def withdraw(town: Town, signature: int) -> None:
    town.database.retrying(lambda db: withdrawing.withdraw(db, signature, closed_on="3 May 2026", now=town.now))


def disown(town: Town, signature: int) -> None:
    town.database.retrying(lambda db: withdrawing.disown(db, signature, town.now))


def tallies(town: Town, petition: int) -> dict[str, int]:
    rows = town.rows(CountryCount, CountryCount.petition_id == petition)
    return {r.country: r.validated for r in rows}


@pytest.mark.parametrize("act", [withdraw, disown])
def test_the_count_goes_down_by_one_everywhere_and_the_number_stays_a_gap(town: Town, act):
    petition = town.open_petition()
    pedro, sam = town.sign(petition, PEDRO, SAM)
    town.clock.advance(timedelta(hours=3))
    act(town, pedro)
    assert (town.count(petition), tallies(town, petition)) == (7, {"GB": 7, "US": 0})
    assert sum(h.validated for h in town.rows(HourCount, HourCount.petition_id == petition)) == 7
    (laura,) = town.sign(petition, LAURA)
    assert (town.signature(sam).number, town.signature(laura).number) == (8, 9)
    assert town.petition(petition).last_number == 9
    assert town.broken() == {}


@pytest.mark.parametrize(("act", "state"), [(withdraw, "withdrawn"), (disown, "invalidated")])
def test_the_slot_is_free_and_the_row_says_what_happened(town: Town, act, state: str):
    petition = town.open_petition()
    (sam,) = town.sign(petition, SAM)
    act(town, sam)
    row = town.signature(sam)
    assert (row.state, row.slot, row.household, row.number) == (state, None, None, 7)
    assert row.ended_at == town.now
    assert not town.rows(Household, Household.address_key == row.address_key)


@pytest.mark.parametrize("act", [withdraw, disown])
def test_twice_is_once(town: Town, act):
    petition = town.open_petition()
    (sam,) = town.sign(petition, SAM)
    act(town, sam)
    act(town, sam)
    assert (town.count(petition), town.broken()) == (6, {})


def test_sam_may_sign_again_after_he_withdrew(town: Town):
    petition = town.open_petition()
    (first,) = town.sign(petition, SAM)
    withdraw(town, first)
    (second,) = town.sign(petition, SAM)
    assert first != second
    assert (town.count(petition), town.signature(second).number) == (7, 8)
    assert town.broken() == {}


def test_a_pending_signature_of_a_stranger_ends_when_suzie_says_it_was_not_her(town: Town):
    petition = town.open_petition()
    (asked,) = town.request(petition, SUZIE)
    disown(town, asked)
    assert isinstance(town.confirm(asked)[0], SignatureWithdrawn)
    assert (town.count(petition), town.broken()) == (6, {})


def test_the_letter_that_was_still_waiting_is_not_sent_then(town: Town):
    petition = town.open_petition()
    (asked,) = town.request(petition, SUZIE)
    disown(town, asked)
    assert town.deliver().to(SUZIE) == []


def test_when_it_is_closed_the_count_is_final(town: Town):
    petition = town.open_petition()
    (sam,) = town.sign(petition, SAM)
    town.clock.set(town.petition(petition).closes_at)  # type: ignore[arg-type]
    with pytest.raises(TooLateToWithdraw, match="too-late-to-withdraw"):
        withdraw(town, sam)
    assert town.count(petition) == 7


def test_a_supporter_may_go_before_it_is_published(town: Town):
    petition = town.start()
    sam, laura = town.sign(petition, SAM, LAURA, sponsor=True)
    withdraw(town, laura)
    assert town.count(petition) == 2
    assert town.broken() == {}
    assert town.confirm(sam) == [Confirmed(petition, 2)]


def test_a_creator_cannot_leave_their_own_petition_before_it_is_published(town: Town):
    petition = town.start()
    town.request(petition, SAM, sponsor=True)
    creator = town.petition(petition).creator_signature_id or 0
    with pytest.raises(NotOpen):
        withdraw(town, creator)


def test_nobody_withdraws_what_is_not_there(town: Town):
    with pytest.raises(ConfirmationUnknown):
        withdraw(town, 4242)
