"""What a signer, with or without an account, sees of their own, and may do with it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.accounts.holding import HeldRow, Person
from app.core.errors import NotFound
from app.mail.model import Letter
from app.moderation.rules.standards import Verdict
from petitions.model.signature import Signature, Signer
from petitions.rules.eligibility import AlreadySigned, ConfirmationUnknown
from petitions.service import confirming
from petitions.service.acts import Confirmed, SignatureConfirmation
from petitions.service.mine import PetitionHolding
from petitions.service.standing import lock_standings
from tests.people import ANNA, BOB, LAURA, SAM, crowd
from tests.people import Person as Somebody
from tests.site import Town


def of(person: Somebody) -> Person:
    return Person(None, person.address)


def holding(town: Town) -> PetitionHolding:
    found: Any = town.site.holdings["petitions"]
    return found


def rows(town: Town, person: Somebody) -> list[HeldRow]:
    with town.database.reading() as db:
        (section,) = holding(town).sections(db, of(person), town.now)
    return list(section.rows)


def do(town: Town, person: Somebody, row: int, act: str) -> None:
    town.database.retrying(lambda db: holding(town).act(db, of(person), "signature", row, act, town.now))


def erase(town: Town, person: Somebody) -> None:
    town.database.retrying(lambda db: holding(town).erase(db, of(person), town.now))


def test_bob_sees_what_he_signed_under_any_spelling_of_his_address(town: Town):
    library, pool = town.open_petition(), town.open_petition(action="Heat the outdoor pool in March")
    (first,) = town.sign(library, BOB)
    (second,) = town.sign(pool, BOB.but(email="BobJones+pool@googlemail.com"))
    town.sign(library, SAM)
    seen = {row.id: (row.title, row.standing, row.facts) for row in rows(town, BOB)}
    assert seen == {
        first: ("Open the town library on Sundays", "Counted", ["Number 7"]),
        second: ("Heat the outdoor pool in March", "Counted", ["Number 7"]),
    }


def test_laura_who_signed_nothing_sees_nothing(town: Town):
    town.sign(town.open_petition(), SAM)
    assert rows(town, LAURA) == []


def test_sam_withdraws_one_and_stops_the_letters_of_another(town: Town):
    library, pool = town.open_petition(), town.open_petition(action="Heat the outdoor pool in March")
    (first,), (second,) = town.sign(library, SAM), town.sign(pool, SAM)
    do(town, SAM, first, "withdraw")
    do(town, SAM, second, "no-news")
    assert (town.count(library), town.signature(first).state) == (6, "withdrawn")
    assert (town.count(pool), town.signature(second).notify) == (7, False)
    offered = {row.id: [act.name for act in row.acts] for row in rows(town, SAM)}
    assert offered == {first: [], second: ["withdraw", "news"]}
    do(town, SAM, second, "news")
    assert town.signature(second).notify
    assert town.broken() == {}


def test_a_signature_of_somebody_else_is_not_found(town: Town):
    (sams,) = town.sign(town.open_petition(), SAM)
    for act in ("withdraw", "no-news", "nonsense"):
        with pytest.raises(NotFound):
            do(town, LAURA, sams, act)
    assert town.signature(sams).state == "validated"


def test_what_is_held_looks_like_what_waits(town: Town):
    petition = town.open_petition()
    (waits,) = town.request(petition, SAM)
    (held,) = town.request(petition, LAURA)
    town.sql("UPDATE petitions_signature SET state = 'held' WHERE id = :id", id=held)
    assert rows(town, SAM)[0].standing == rows(town, LAURA)[0].standing
    assert town.signature(waits).state == "pending"


def test_erasing_takes_sams_words_and_leaves_every_total(town: Town):
    petition = town.open_petition()
    (sam,) = town.sign(petition, SAM)
    (waiting,) = town.request(town.open_petition(action="Heat the outdoor pool in March"), SAM)
    erase(town, SAM)
    assert town.count(petition) == 7
    assert town.signature(sam).state == "validated"
    assert town.rows(Signer, Signer.signature_id.in_([sam, waiting])) == []
    assert town.rows(Signature, Signature.id == waiting) == []
    assert town.rows(Letter, Letter.recipient_id.in_([sam, waiting]), Letter.state == "waiting") == []
    assert rows(town, SAM) == []
    assert town.broken() == {}


def test_whoever_was_erased_cannot_sign_the_same_petition_twice(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    erase(town, SAM)
    town.request(petition, SAM)
    again = [s for s in town.signatures(petition, SAM) if s.state == "pending"]
    outcomes = town.confirm(*(s.id for s in again))
    assert not any(isinstance(outcome, Confirmed) and outcome.number == 8 for outcome in outcomes)
    assert all(isinstance(outcome, AlreadySigned) for outcome in outcomes)
    assert town.count(petition) == 7


def test_a_creator_who_is_erased_leaves_an_open_petition_without_a_name(town: Town):
    petition = town.open_petition(ANNA)
    erase(town, ANNA)
    assert (town.petition(petition).state, town.petition(petition).creator_name) == ("open", None)
    assert town.count(petition) == 6
    assert town.broken() == {}


def test_a_creator_who_is_erased_takes_along_what_nobody_has_checked(town: Town):
    petition = town.start(ANNA)
    town.support(petition, 1)
    erase(town, ANNA)
    assert (town.petition(petition).state, town.petition(petition).creator_name) == ("withdrawn", None)
    assert town.broken() == {}


def test_anna_downloads_all_that_is_known_of_her(town: Town):
    petition = town.open_petition(ANNA)
    with town.database.reading() as db:
        exported = holding(town).export(db, of(ANNA))
    (one,) = exported["signatures"]
    assert (one["petition"], one["role"], one["state"], one["number"]) == (petition, "creator", "validated", 1)
    assert (one["name"], one["email"], one["postcode"]) == ("Anna Example", "anna@example.org", "N1 1TY")


# every state that a petition can be in


def in_state(town: Town, state: str) -> int:
    """Anna's petition with five supporters, as it came to be so."""
    petition = town.start(ANNA)
    if state == "pending":
        return petition
    if state == "collecting":
        town.support(petition, 2)
        return petition
    town.support(petition)
    match state:
        case "open" | "closed" | "withdrawn" | "taken down":
            town.decide(petition)
            town.sign(petition, SAM)
        case "rejected":
            town.decide(petition, Verdict.REJECT, reason="no-action")
        case "hidden":
            town.decide(petition, Verdict.REJECT, reason="libellous")
        case "stopped":
            town.sql(
                "UPDATE petitions_petition SET state = 'stopped', stopped_at = :at WHERE id = :id",
                at=town.now,
                id=petition,
            )
    if state == "taken down":
        town.take_down(petition)
    if state == "withdrawn":
        town.withdraw_petition(petition)
    if state == "closed":
        town.clock.set(town.petition(petition).closes_at)  # type: ignore[arg-type]
        town.work()
    return petition


STATES = (
    "pending",
    "collecting",
    "in_moderation",
    "open",
    "closed",
    "rejected",
    "hidden",
    "withdrawn",
    "taken down",
    "stopped",
)
SPONSOR = crowd(1, "sponsor")[0]


@pytest.mark.parametrize("state", STATES)
def test_what_a_row_offers_can_be_done(town: Town, state: str):
    in_state(town, state)
    for person in (ANNA, SPONSOR, SAM):
        tried: set[str] = set()
        while (offer := next((a for r in rows(town, person) for a in r.acts if a.name not in tried), None)) is not None:
            tried.add(offer.name)
            do(town, person, rows(town, person)[0].id, offer.name)
    town.deliver()
    assert town.broken() == {}


@pytest.mark.parametrize("state", STATES)
def test_whatever_became_of_the_petition_its_people_can_be_erased(town: Town, state: str):
    petition = in_state(town, state)
    count, was_published = town.count(petition), town.petition(petition).was_published
    for person in (ANNA, SPONSOR, SAM):
        erase(town, person)
        assert rows(town, person) == []
    assert (town.count(petition), town.petition(petition).creator_name) == (count, None)
    assert town.petition(petition).was_published is was_published
    letters = town.deliver()
    assert town.broken() == {}
    assert [letters.subjects(person) for person in (ANNA, SPONSOR, SAM)] == [[], [], []]


def test_what_nobody_may_read_shows_no_words_to_a_supporter(town: Town):
    petition = in_state(town, "hidden")
    (row,) = rows(town, SPONSOR)
    assert (row.title, row.href) == ("A petition that is not public", "")
    assert town.petition(petition).action not in str(row)


def test_two_who_share_an_address_see_who_signed(town: Town):
    petition = town.open_petition()
    family = SAM.but(name="Suzie Wong")
    town.sign(petition, SAM)
    town.sign(petition, family)
    assert sorted(fact for row in rows(town, SAM) for fact in row.facts if "name of" in fact) == [
        "In the name of Sam Wong",
        "In the name of Suzie Wong",
    ]


# at the same time


def test_a_letter_that_is_opened_while_its_signer_is_erased_finds_nothing(town: Town):
    petition = town.open_petition()
    (waiting,) = town.request(petition, SAM)
    places = town.database.retrying(lambda db: confirming.petitions_of(db, [waiting]))
    assert places == {waiting: petition}
    erase(town, SAM)
    act = SignatureConfirmation(at=town.now, signature_id=waiting)
    answers: dict[int, Any] = {}

    def confirm(db: Any) -> None:
        standings = lock_standings(db, {petition})
        confirming.confirm(db, town.policy, standings, places, [act], [], answers, town.now)

    town.database.retrying(confirm)
    assert isinstance(answers[act.id], ConfirmationUnknown)
    assert town.count(petition) == 6


def test_erasing_and_confirming_at_once_leaves_every_count_exact(town: Town):
    """Whoever is first: a signature that was counted stays counted, one that was not is gone."""
    petition = town.open_petition()
    people = crowd(24, "racer")
    waiting = town.request(petition, *people)
    start = threading.Barrier(3)

    def confirm(some: list[int]) -> int:
        start.wait()
        return sum(isinstance(town.confirm(one)[0], Confirmed) for one in some)

    def forget() -> int:
        start.wait()
        for person in people:
            erase(town, person)
        return 0

    with ThreadPoolExecutor(3) as pool:
        acts = [pool.submit(confirm, waiting[::2]), pool.submit(confirm, waiting[1::2][::-1]), pool.submit(forget)]
        counted = sum(act.result() for act in acts)
    assert town.count(petition) == 6 + counted
    assert town.rows(Signer, Signer.signature_id.in_(waiting)) == []
    assert [s.state for s in town.signatures(petition) if s.id in waiting] == ["validated"] * counted
    assert town.broken() == {}


def test_a_creator_is_erased_while_people_sign(town: Town):
    petition = town.open_petition(ANNA)
    people = crowd(12, "racer")
    start = threading.Barrier(2)

    def sign() -> None:
        start.wait()
        for person in people:
            town.sign(petition, person)

    def forget() -> None:
        start.wait()
        for _often in range(6):
            erase(town, ANNA)

    with ThreadPoolExecutor(2) as pool:
        for act in [pool.submit(sign), pool.submit(forget)]:
            act.result()
    assert (town.count(petition), town.petition(petition).creator_name) == (18, None)
    assert town.broken() == {}
