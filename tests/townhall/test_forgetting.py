"""What people hold of a hall: shown, downloaded, acted on, erased; forgotten after its time; moved to a new secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.accounts.holding import Person as Owner
from app.core.errors import NotFound
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.operation import rekeying
from tests.site import Town
from tests.townhall.arriving import Arriving, ticket
from townhall import identity
from townhall.model import Hall, Participant, Person, PollAnswer, Question, Ticket, Upvote
from townhall.rules.lifecycle import HallState, Place
from townhall.service import erasing
from townhall.service.rekeying import make_void

DORA, EMIL = "dora@example.org", "emil@example.org"
OWNER = Owner(None, read_address(DORA))


@pytest.fixture
def door(town: Town) -> Arriving:
    return Arriving(town)


def held(door: Arriving, owner: Owner = OWNER) -> dict[str, list[Any]]:
    holding = door.town.site.holdings["townhall"]
    with door.town.database.reading() as db:
        return {s.kind: list(s.rows) for s in holding.sections(db, owner, door.town.now)}


def act(door: Arriving, row: int, name: str, owner: Owner = OWNER) -> str:
    holding = door.town.site.holdings["townhall"]
    return door.do(lambda db: holding.act(db, owner, "townhall", row, name, door.town.now))


def busy_hall(door: Arriving, state: HallState = HallState.LIVE, **columns: Any) -> tuple[int, int, int]:
    """A hall, Dora there, and her question; she upvoted another and answered a poll."""
    hall = door.hall(state, **columns)
    dora = door.participant(hall, "Dora Diaz", email=DORA)
    question = door.question(hall, "Who pays for it?", by=dora, name="Dora Diaz")
    other, poll = door.question(hall, votes=1), door.poll(hall, state="closed", answers=1)

    def vote(db: Any) -> None:
        db.add(Upvote(question_id=other, participant_id=dora, act_id=1, at=door.town.now))
        db.add(PollAnswer(poll_id=poll, participant_id=dora, answer={"choices": [2]}, act_id=2, at=door.town.now))

    door.do(vote)
    return hall, dora, question


def test_dora_sees_and_downloads_what_is_hers_and_nobody_elses(door: Arriving) -> None:
    _hall, dora, _question = busy_hall(door)
    found = held(door)
    assert [row.id for row in found["townhall"]] == [dora]
    assert set(found["townhall"][0].facts) == {"Questions that you upvoted: 1", "Polls that you answered: 1"}
    assert [row.title for row in found["townhall-question"]] == ["Who pays for it?"]
    with door.town.database.reading() as db:
        holding = door.town.site.holdings["townhall"]
        mine = holding.export(db, OWNER)["town_halls"]
        others = holding.export(db, Owner(None, read_address(EMIL)))["town_halls"]
    assert [(h["email"], h["name"], h["poll_answers"][0]["answer"]) for h in mine] == [
        (DORA, "Dora Diaz", {"choices": [2]})
    ]
    assert mine[0]["upvotes"][0]["question"] == "Why is Oak Street still closed?"
    assert others == []


def test_dora_gives_her_place_back_from_her_own_page_and_nobody_else_can(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    dora, emil = door.register(hall, DORA), door.register(hall, EMIL)
    with pytest.raises(NotFound):
        act(door, dora, "cancel", Owner(None, read_address("fay@example.org")))
    act(door, dora, "no-letters")
    assert door.row(Participant, dora).notify is False
    act(door, dora, "cancel")
    assert door.row(Participant, emil).place == Place.REGISTERED
    assert door.town.broken() == {}


def test_who_is_erased_leaves_questions_without_a_name_and_every_total(door: Arriving) -> None:
    hall, dora, question = busy_hall(door, HallState.ENDED)
    before = door.row(Participant, dora).address_key
    door.do(lambda db: door.town.site.holdings["townhall"].erase(db, OWNER, door.town.now))
    asked, person = door.row(Question, question), door.row(Participant, dora)
    assert (asked.text, asked.name, asked.anonymous) == ("Who pays for it?", "", True)
    assert (person.name, person.account_id, person.place) == ("", None, Place.REGISTERED)
    assert person.address_key != before
    assert door.town.rows(Person, Person.participant_id == dora) == []
    assert door.row(Hall, hall).taken == len(
        door.town.rows(Participant, Participant.hall_id == hall, Participant.place == "registered")
    )
    assert len(door.town.rows(Upvote)) == len(door.town.rows(PollAnswer)) == 1
    assert held(door) == {"townhall": []}
    assert door.town.broken() == {}


def test_the_place_of_who_is_erased_before_a_hall_is_the_next_ones(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    dora, emil = door.register(hall, DORA), door.register(hall, EMIL)
    door.do(lambda db: door.town.site.holdings["townhall"].erase(db, OWNER, door.town.now))
    assert door.row(Participant, emil).place == Place.REGISTERED
    assert door.register(hall, DORA) != dora, "a new person to this hall"
    assert door.town.broken() == {}


def test_nobody_who_is_excluded_comes_back_by_being_erased(door: Arriving) -> None:
    hall = door.hall()
    dora = door.participant(hall, email=DORA, banned_at=door.town.now)
    door.do(lambda db: door.town.site.holdings["townhall"].erase(db, OWNER, door.town.now))
    again = door.register(hall, DORA)
    assert again == dora
    assert door.row(Participant, again).banned_at is not None


def test_months_after_the_end_nobody_knows_who_was_there(door: Arriving) -> None:
    hall, dora, question = busy_hall(door, HallState.ENDED)
    policy = door.town.site.dependencies["hall_policy"]
    key = door.row(Participant, dora).address_key

    def forget() -> int:
        return door.do(lambda db: erasing.erase_some(db, policy, door.town.now))

    door.town.clock.advance(timedelta(days=180))
    assert forget() == 0
    assert len(door.town.rows(Person)) == 2
    door.town.clock.advance(timedelta(days=5))
    while forget():
        pass
    row = door.row(Hall, hall)
    assert (row.salt, row.erased_at) == (None, door.town.now)
    assert door.town.rows(Person) == []
    assert door.row(Participant, dora).address_key != key
    assert door.row(Question, question).name == "Dora Diaz", "what is public with a name stays so"
    assert held(door) == {"townhall": []}
    assert door.town.broken() == {}


def test_what_nobody_confirmed_goes_whole(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, starts=door.town.now + timedelta(days=90))
    door.ask(hall, DORA)
    emil = door.register(hall, EMIL)
    policy = door.town.site.dependencies["hall_policy"]
    door.town.clock.advance(timedelta(days=38))
    door.do(lambda db: erasing.forget_unconfirmed(db, policy, door.town.now))
    assert [p.id for p in door.town.rows(Participant, Participant.hall_id == hall)] == [emil]


def test_a_new_secret_opens_everybody_and_a_rotation_forgets_browsers(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED)
    dora = door.register(hall, DORA)
    assert len(door.town.rows(Ticket)) == 1
    door.do(lambda db: make_void(db, door.town.keys))
    assert door.town.rows(Ticket) == []
    door.confirm(dora, "d" * 32)
    new = Keys("another secret of the town, long enough for anybody")
    said: list[str] = []
    site = door.town.site
    assert rekeying.run(door.town.database, site.rekeyers, door.town.keys, new, door.town.clock, said.append) == []
    row, salt = door.row(Participant, dora), door.row(Hall, hall).salt
    assert salt is not None
    assert row.address_key == identity.address_key(new, salt, DORA)
    assert identity.open_person(new, dora, door.row(Person, dora).sealed)["email"] == DORA
    assert door.town.rows(Ticket) == [], "of browsers nothing can be worked out anew"


BREAKS = {
    "Places and waiting lists of town halls are exact": "UPDATE townhall_hall SET taken = taken + 1",
    "Waiting lists of town halls are in order": "UPDATE townhall_participant SET waiting_number = 7",
    "Nobody is known of town halls that forgot who took part": "UPDATE townhall_hall SET erased_at = created_at",
}


@pytest.mark.parametrize("name", BREAKS)
def test_verify_says_what_is_broken(door: Arriving, name: str) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=5)
    door.register(hall, DORA)
    door.register(hall, EMIL)
    assert door.town.broken() == {}
    door.town.sql(BREAKS[name])
    assert name in door.town.broken()


def test_verify_finds_an_address_that_the_database_let_in_twice(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED)
    dora, emil = door.register(hall, DORA), door.register(hall, EMIL)
    door.town.sql("DROP INDEX uq_townhall_participant_address")
    key = door.row(Participant, dora).address_key
    door.town.sql("UPDATE townhall_participant SET address_key = :k WHERE id = :i", k=key, i=emil)
    found = door.town.broken()
    where = "CREATE UNIQUE INDEX uq_townhall_participant_address ON townhall_participant (hall_id, address_key)"
    door.town.sql("UPDATE townhall_participant SET address_key = :k WHERE id = :i", k=b"e" * 16, i=emil)
    door.town.sql(f"{where} WHERE address_key IS NOT NULL")
    assert "An address takes part in a town hall once" in found


def test_a_browser_is_somebody_elses_once_they_came_in_with_it(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED)
    dora, emil = door.register(hall, DORA), door.register(hall, EMIL)
    door.confirm(dora, "s" * 32)
    door.confirm(emil, "s" * 32)
    [row] = door.town.rows(Ticket, Ticket.key == ticket(door.town, hall))
    assert row.participant_id == emil
