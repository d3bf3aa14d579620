"""Letters to everybody who registered: another date once, cancelled, reminders once each, and no more by one click."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.core.events import announce
from app.core.web.page import say_instant
from app.mail.model import LetterState
from tests.site import RunningSite, Town
from tests.townhall.arriving import Arriving
from townhall.events import HallCancelled, HallMoved
from townhall.model import Hall, Participant
from townhall.rules.lifecycle import HallState, Place
from townhall.rules.news import NewsKind, due_reminder
from townhall.service import telling
from townhall.service.scheduling import cancel
from townhall.service.writing import Written, write

DORA, EMIL, FAY = "dora@example.org", "emil@example.org", "fay@example.org"
DAY, HOUR = "Reminder: your town hall", "Your town hall starts in an hour"


@pytest.fixture
def door(town: Town) -> Arriving:
    return Arriving(town)


def move(door: Arriving, hall: int, later: timedelta) -> None:
    def act(db: object) -> None:
        row = db.get_one(Hall, hall)  # type: ignore[attr-defined]
        row.starts_at, row.ends_at, row.sequence = row.starts_at + later, row.ends_at + later, row.sequence + 1
        db.flush()  # type: ignore[attr-defined]
        announce(db, HallMoved(hall, door.town.now))  # type: ignore[arg-type]

    door.do(act)


def news(door: Arriving) -> None:
    """What the job does until nothing is left."""
    while door.do(lambda db: telling.queue_some(db, door.town.now)):
        pass


def remind(door: Arriving) -> int:
    begun = door.do(lambda db: telling.remind(db, door.town.now))
    news(door)
    return begun


def test_a_hall_that_moves_twice_before_letters_leave_is_told_of_once_with_the_last_date(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=2)
    for email in (DORA, EMIL, FAY):
        door.register(hall, email)  # Fay waits
    door.ask(hall, "gus@example.org")
    move(door, hall, timedelta(hours=1))
    news(door)
    move(door, hall, timedelta(minutes=30))
    news(door)
    letters = door.town.deliver()
    for email in (DORA, EMIL, FAY):
        moved = [m for m in letters.to(email) if m["Subject"] == "Your town hall has changed"]
        assert len(moved) == 1
        starts_at = door.row(Hall, hall).starts_at
        assert starts_at is not None
        assert say_instant(starts_at, door.town.settings.zone) in moved[0].get_content()
    assert "Your town hall has changed" not in letters.subjects("gus@example.org"), "not registered yet"
    move(door, hall, timedelta(days=1))
    news(door)
    assert door.town.deliver().subjects(DORA).count("Your town hall has changed") == 2


def test_a_hall_that_is_cancelled_is_told_of_with_the_reason_and_reminds_nobody(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, starts=door.town.now + timedelta(hours=20))
    door.register(hall, DORA)
    assert remind(door) == 1

    def cancel(db: object) -> None:
        row = db.get_one(Hall, hall)  # type: ignore[attr-defined]
        row.state, row.cancelled_reason, row.cancelled_at = HallState.CANCELLED, "The room is flooded.", door.town.now
        db.flush()  # type: ignore[attr-defined]
        announce(db, HallCancelled(hall, door.town.now))  # type: ignore[arg-type]

    door.do(cancel)
    news(door)
    letters = door.town.deliver()
    assert letters.subjects(DORA) == ["Your town hall is cancelled"]
    assert "The room is flooded." in letters.last_to(DORA).get_content()


def test_reminders_come_the_day_and_the_hour_before_once_each(door: Arriving) -> None:
    starts = door.town.now + timedelta(days=2)
    hall = door.hall(HallState.SCHEDULED, starts=starts, capacity=1)
    door.register(hall, DORA)
    door.register(hall, EMIL)  # waits, and is not reminded
    begun = []
    for left in (25, 24, 20, 2, 1, 0.5):
        door.town.clock.advance(starts - timedelta(hours=left) - door.town.now)
        begun.append(remind(door))
        assert remind(door) == 0
        door.town.deliver()
    assert begun == [0, 1, 0, 0, 1, 0]
    letters = door.town.deliver()
    assert letters.subjects(DORA) == ["You are registered", DAY, HOUR]
    assert letters.subjects(EMIL) == ["You are on the waiting list"]


def test_who_learns_of_it_within_the_day_is_reminded_an_hour_before_alone() -> None:
    starts = datetime(2026, 10, 5, 16, tzinfo=UTC)
    a_day, an_hour = starts - timedelta(hours=23), starts - timedelta(minutes=59)
    assert due_reminder(starts, starts - timedelta(days=9), a_day) == NewsKind.DAY_BEFORE
    assert due_reminder(starts, starts - timedelta(hours=23, minutes=30), a_day) is None
    assert due_reminder(starts, a_day, an_hour) == NewsKind.HOUR_BEFORE
    assert due_reminder(starts, starts - timedelta(days=9), starts) is None
    assert due_reminder(starts, starts - timedelta(days=9), starts - timedelta(hours=2)) is None


def test_a_date_that_comes_back_reminds_whoever_had_no_letter(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, starts=door.town.now + timedelta(hours=20))
    door.register(hall, DORA)
    assert remind(door) == 1
    move(door, hall, timedelta(days=3))
    move(door, hall, timedelta(days=-3))
    assert remind(door) == 1
    assert door.town.deliver().subjects(DORA).count(DAY) == 1


def test_one_click_in_the_mail_program_stops_reminders_and_a_button_brings_them_back(site: RunningSite) -> None:
    door = Arriving(site.town, home="ward5")
    hall = door.hall(HallState.SCHEDULED, starts=site.clock.now() + timedelta(hours=20))
    dora = door.register(hall, DORA)
    remind(door)
    reminder = site.town.deliver().last_to(DORA)
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.search(r"(/townhalls/unsubscribe/[^>]+)>", str(reminder["List-Unsubscribe"]))
    assert found is not None
    with httpx.Client(base_url=site.base) as program:  # says nowhere where it comes from
        assert program.get(found[1]).status_code == 200
        assert _wants(door, dora), "looking at it stops nothing"
        answer = program.post(found[1], data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, _wants(door, dora)) == (200, False)
    door.town.clock.advance(timedelta(hours=19, minutes=30))
    remind(door)
    assert HOUR not in site.town.deliver().subjects(DORA)
    with site.client() as client:
        assert "No more reminders" in client.get(found[1]).text
        client.post(found[1], data={"act": "again"})
        assert _wants(door, dora)
        assert client.get("/townhalls/unsubscribe/" + "x" * 32).status_code == 404


def _wants(door: Arriving, participant: int) -> bool:
    return door.row(Participant, participant).notify


def test_no_letter_goes_to_who_gave_their_place_back_meanwhile(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED)
    dora = door.register(hall, DORA)
    move(door, hall, timedelta(hours=1))
    news(door)
    door.cancel(dora)
    assert door.town.deliver().subjects(DORA) == []
    assert {letter.state for letter in door.town.queued("townhalls/mail/moved")} == {LetterState.DROPPED}


def test_the_waiting_lists_letter_says_the_number(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    door.participant(hall, place=Place.REGISTERED)
    door.register(hall, DORA)
    door.register(hall, EMIL)
    letters = door.town.deliver()
    assert "number 1 on the waiting list" in letters.last_to(DORA).get_content()
    assert "number 2 on the waiting list" in letters.last_to(EMIL).get_content()


def test_a_bounced_letter_finds_its_address_until_it_is_forgotten(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED)
    dora = door.register(hall, DORA)
    find = door.town.site.recipients["townhall.participant"]
    assert door.do(lambda db: find(db, dora)) == DORA
    door.cancel(dora)
    assert door.do(lambda db: find(db, dora)) is None


def test_what_officials_do_on_their_pages_is_what_people_are_told(door: Arriving) -> None:
    """More places, then another link to watch, then cancelled, by the services behind the pages."""
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    door.register(hall, DORA)
    emil = door.register(hall, EMIL)

    def change(section: str, **values: object) -> None:
        seen, by, now = door.row(Hall, hall).revision, door.ana, door.town.now
        door.do(lambda db: write(db, hall, section, Written(values), revision=seen, by=by, now=now) and None)
        news(door)

    change("taking-part", capacity=2)
    assert door.row(Participant, emil).place == Place.REGISTERED
    change("watch", video_kind="link", video_url="https://video.example.org/ward4")
    door.town.deliver()
    door.do(lambda db: cancel(db, hall, "The room is flooded.", by=door.ana, now=door.town.now) and None)
    news(door)
    told = door.town.deliver().subjects(EMIL)
    assert told == [
        "A place is free: you are registered",
        "Your town hall has changed",
        "Your town hall is cancelled",
    ]


def test_a_member_who_wants_no_reminders_has_none(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, starts=door.town.now + timedelta(hours=20))
    gil = door.citizen("gil@example.org")
    door.register_account(hall, gil)
    remind(door)
    door.town.sql("UPDATE accounts_account SET letters = :l WHERE id = :i", l='{"townhalls.reminders": false}', i=gil)
    assert DAY not in door.town.deliver().subjects("gil@example.org")
    assert "townhalls.reminders" in {choice.kind for choice in door.town.site.letter_choices}
