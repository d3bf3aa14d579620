"""Who somebody is in a hall: by the ticket of their browser, or by their account."""

from __future__ import annotations

import pytest

from tests.site import Town
from tests.townhall.arriving import Arriving, ticket
from tests.townhall.meeting import Meeting
from townhall.model import Hall, Participant
from townhall.rules.commands import RegistrationNeeded
from townhall.rules.lifecycle import Entry, HallState, Place
from townhall.rules.registering import AccountNotConfirmed
from townhall.service import joining


def test_in_an_open_hall_a_browser_becomes_somebody_once(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(entry=Entry.OPEN)
    mine = ticket(town, hall)

    def enter() -> int:
        return meeting.do(lambda db: joining.enter(db, db.get_one(Hall, hall), mine, town.now).id)

    first = enter()
    assert enter() == first
    with town.database.reading() as db:
        found = joining.find(db, hall, mine)
        assert found is not None
        assert (found.id, found.place) == (first, Place.BROWSER)
    assert len(town.rows(Participant, Participant.hall_id == hall)) == 1


@pytest.mark.parametrize(("state", "entry"), [(HallState.LIVE, Entry.REGISTERED), (HallState.ENDED, Entry.OPEN)])
def test_nobody_enters_where_one_registers_or_where_it_is_over(town: Town, state: HallState, entry: Entry) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(state, entry=entry)
    with pytest.raises(RegistrationNeeded):
        meeting.do(lambda db: joining.enter(db, db.get_one(Hall, hall), ticket(town, hall), town.now))
    assert town.rows(Participant, Participant.hall_id == hall) == []


def test_an_account_registers_at_one_click_and_joins_what_its_address_had(town: Town) -> None:
    meeting = Arriving(town)
    hall = meeting.hall()
    gil = meeting.citizen("gil@example.org")
    before = meeting.participant(hall, "G. Gomez", email="gil@example.org")
    assert meeting.register_account(hall, gil) == meeting.register_account(hall, gil) == before
    with town.database.reading() as db:
        found = joining.find_account(db, hall, gil)
        assert found is not None
        assert found.id == before
    assert meeting.row(Hall, hall).taken == 1


def test_an_account_whose_address_nobody_confirmed_registers_nowhere(town: Town) -> None:
    meeting = Arriving(town)
    hall = meeting.hall()
    with pytest.raises(AccountNotConfirmed):
        meeting.register_account(hall, meeting.citizen("gil@example.org", confirmed=False))
    assert meeting.row(Hall, hall).taken == 0


def test_who_gives_their_place_back_in_an_open_hall_goes_on_as_a_browser(town: Town) -> None:
    meeting = Arriving(town)
    hall = meeting.hall(entry=Entry.OPEN)
    dora = meeting.ask(hall, "dora@example.org")
    meeting.confirm(dora, "s" * 32)
    meeting.cancel(dora)
    mine = ticket(town, hall)
    found = meeting.do(lambda db: joining.enter(db, db.get_one(Hall, hall), mine, town.now).id)
    assert found != dora
    assert meeting.row(Participant, found).place == Place.BROWSER


def test_who_is_excluded_stays_so_in_an_open_hall_whatever_they_give_back(town: Town) -> None:
    meeting = Arriving(town)
    hall = meeting.hall(entry=Entry.OPEN)
    dora = meeting.ask(hall, "dora@example.org")
    meeting.confirm(dora, "s" * 32)
    town.sql("UPDATE townhall_participant SET banned_at = created_at WHERE id = :i", i=dora)
    meeting.cancel(dora)
    mine = ticket(town, hall)
    assert meeting.do(lambda db: joining.enter(db, db.get_one(Hall, hall), mine, town.now).id) == dora
