"""No more news, of one petition or of all, and news again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.mail.model import Letter
from petitions.service import unsubscribing, withdrawing
from tests.people import ANNA, BOB, LAURA, SAM, SUZIE, Person, crowd
from tests.site import Town

NEWS = "A petition you signed was answered"
MAYA = Person("Maya Iyer", "maya@example.org")


@pytest.fixture
def answered(town: Town) -> int:
    """Ten have signed, Maya and Sam among them; news of the answer waits for the postman."""
    petition = town.open_petition()
    town.sign(petition, MAYA, SAM, LAURA.but(notify=False), *crowd(1, "tenth"))
    town.deliver()
    town.answer(petition)
    town.work()
    return petition


def signature(town: Town, petition: int, person: Person) -> int:
    return town.signatures(petition, person)[0].id


def stop(town: Town, *signatures: int) -> list[int]:
    return town.database.retrying(lambda db: unsubscribing.stop_news(db, signatures, town.now))


def again(town: Town, *signatures: int) -> None:
    town.database.retrying(lambda db: unsubscribing.send_news_again(db, signatures))


def under_the_address_of(town: Town, signature: int) -> list[int]:
    with town.database.reading() as db:
        return unsubscribing.signed_with_the_address_of(db, town.keys, signature)


def forget(town: Town, signature: int) -> None:
    town.sql("DELETE FROM petitions_signer WHERE signature_id = :row", row=signature)


def news_to(town: Town, signature: int) -> Letter:
    (letter,) = town.rows(Letter, Letter.recipient_id == signature, Letter.template == "petitions/mail/answered")
    return letter


def test_maya_gets_no_more_news_and_her_signature_counts_on(town: Town, answered: int):
    maya, count = signature(town, answered, MAYA), town.count(answered)
    assert stop(town, maya) == [maya]
    assert (news_to(town, maya).state, news_to(town, maya).fault) == ("dropped", "unsubscribed")
    town.deliver()
    assert NEWS not in town.letters.subjects(MAYA)
    assert NEWS in town.letters.subjects(SAM)
    assert (town.count(answered), town.signature(maya).state) == (count, "validated")
    assert town.broken() == {}


def test_pressing_twice_changes_nothing(town: Town, answered: int):
    maya = signature(town, answered, MAYA)
    stop(town, maya)
    assert stop(town, maya) == []


def test_her_undo_brings_back_what_had_not_left(town: Town, answered: int):
    maya = signature(town, answered, MAYA)
    stop(town, maya)
    again(town, maya)
    again(town, maya)
    town.deliver()
    assert town.letters.subjects(MAYA).count(NEWS) == 1
    assert town.signature(maya).notify
    assert town.broken() == {}


def test_what_was_called_off_meanwhile_stays_called_off(town: Town, answered: int):
    maya = signature(town, answered, MAYA)
    stop(town, maya)
    town.database.retrying(lambda db: town.site.news["petition"].call_off(db, answered, town.now))
    again(town, maya)
    town.deliver()
    assert NEWS not in town.letters.subjects(MAYA)


def test_news_that_is_queued_later_passes_her_by(town: Town):
    petition = town.open_petition()
    (maya, *_rest) = town.sign(petition, MAYA, *crowd(5))
    stop(town, maya)
    town.answer(petition)
    town.work()
    town.deliver()
    assert NEWS not in town.letters.subjects(MAYA)


def test_a_letter_that_somebody_waits_for_still_leaves(town: Town):
    petition = town.open_petition()
    (sam,) = town.request(petition, SAM)
    stop(town, sam)
    assert "Confirm your signature" in town.deliver().subjects(SAM)


def test_it_works_after_the_petition_closed(town: Town):
    petition = town.open_petition()
    (maya,) = town.sign(petition, MAYA)
    town.clock.advance(timedelta(days=200))
    town.work()
    assert town.petition(petition).state == "closed"
    assert stop(town, maya) == [maya]
    again(town, maya)
    assert town.signature(maya).notify


@pytest.mark.parametrize("what", ["withdrawn", "forgotten", "never there"])
def test_who_left_stays_silent(town: Town, what: str):
    petition = town.open_petition()
    (maya,) = town.sign(petition, MAYA)
    stop(town, maya)
    if what == "withdrawn":
        town.database.retrying(lambda db: withdrawing.withdraw(db, maya, closed_on="", now=town.now))
    elif what == "forgotten":
        forget(town, maya)
    again(town, maya if what != "never there" else 17)
    assert not town.signature(maya).notify
    assert under_the_address_of(town, 17) == []


def test_all_at_once_finds_every_spelling_and_nobody_else(town: Town):
    petitions = [town.open_petition() for _ in range(3)]
    first, second, third = petitions
    (bob,) = town.sign(first, BOB)
    (dressed,) = town.sign(second, BOB.but(email="BobJones+news@googlemail.com"))
    town.sign(second, SAM)
    (asked,) = town.request(third, BOB)
    town.sign(third, BOB.but(name="Bea Jones", notify=False))
    assert under_the_address_of(town, bob) == [asked, dressed, bob]
    assert stop(town, *under_the_address_of(town, dressed)) == [bob, dressed, asked]
    assert under_the_address_of(town, bob) == []
    assert town.signature(signature(town, second, SAM)).notify


def test_nothing_is_found_for_somebody_who_was_forgotten(town: Town):
    petition = town.open_petition()
    (maya,) = town.sign(petition, MAYA)
    forget(town, maya)
    assert under_the_address_of(town, maya) == []


def test_two_who_share_an_address_stop_for_themselves(town: Town):
    petition = town.open_petition()
    sam, sue = town.sign(petition, SAM, SUZIE.but(email=SAM.email))
    stop(town, sam)
    assert (town.signature(sam).notify, town.signature(sue).notify) == (False, True)


def test_the_creator_may_stop_too(town: Town, answered: int):
    anna = signature(town, answered, ANNA)
    assert stop(town, anna) == [anna]
