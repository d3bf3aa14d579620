"""Scenario 2: places, the waiting list, and whoever is promoted exactly once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.events import announce
from tests.site import Town
from tests.townhall.arriving import Arriving
from townhall.events import PlacesChanged
from townhall.model import Hall, Participant
from townhall.rules.lifecycle import Entry, HallState, Place
from townhall.rules.news import PROMOTED
from townhall.service import joining, places, registering


@pytest.fixture
def door(town: Town) -> Arriving:
    return Arriving(town)


def standing(door: Arriving, hall: int) -> tuple[int, int]:
    row = door.row(Hall, hall)
    return row.taken, row.waiting


def test_who_finds_no_place_waits_and_has_the_next_free_one(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    emil, dora = door.register(hall, "emil@example.org"), door.register(hall, "dora@example.org")
    assert (door.row(Participant, dora).place, door.row(Participant, dora).waiting_number) == (Place.WAITING, 1)
    door.cancel(emil)
    assert door.row(Participant, dora).place == Place.REGISTERED
    assert standing(door, hall) == (1, 0)
    assert door.town.deliver().subjects("dora@example.org")[-1] == "A place is free: you are registered"
    assert door.town.broken() == {}


def test_two_who_cancel_at_the_same_moment_promote_two(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=5)
    there = [door.register(hall, f"seat{n}@example.org") for n in range(5)]
    waiting = [door.register(hall, f"{name}@example.org") for name in ("dora", "fay", "gus")]
    start = threading.Barrier(2)

    def cancel(who: int) -> None:
        start.wait()
        door.cancel(who)

    both = [threading.Thread(target=cancel, args=(who,)) for who in there[:2]]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [door.row(Participant, who).place for who in waiting] == ["registered", "registered", "waiting"]
    assert standing(door, hall) == (5, 1)
    assert sorted(letter.recipient_id for letter in door.town.queued(PROMOTED)) == sorted(waiting[:2])


def test_many_who_come_at_once_fill_the_places_exactly(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=3)
    asked = [door.ask(hall, f"seat{n}@example.org") for n in range(8)]
    start = threading.Barrier(8)

    def confirm(who: int) -> None:
        start.wait()
        door.confirm(who)

    all_of_them = [threading.Thread(target=confirm, args=(who,)) for who in asked]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()
    assert standing(door, hall) == (3, 5)
    numbers = [p.waiting_number for p in door.town.rows(Participant, Participant.place == Place.WAITING)]
    assert sorted(n or 0 for n in numbers) == [1, 2, 3, 4, 5]
    assert door.town.broken() == {}


@pytest.mark.parametrize(
    ("change", "registered"),
    [({"capacity": 3}, 3), ({"capacity": None}, 4), ({"entry": Entry.OPEN}, 4), ({"capacity": 1}, 2)],
)
def test_more_places_promote_and_fewer_demote_nobody(
    door: Arriving, change: dict[str, object], registered: int
) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=2)
    for n in range(4):
        door.register(hall, f"seat{n}@example.org")

    def widen(db: object) -> None:
        row = db.get_one(Hall, hall)  # type: ignore[attr-defined]
        for name, value in change.items():
            setattr(row, name, value)
        announce(db, PlacesChanged(hall, door.town.now))  # type: ignore[arg-type]

    door.do(widen)
    assert standing(door, hall) == (registered, 4 - registered)
    assert door.town.broken() == {}


def test_whoever_waited_twice_is_told_of_each_promotion(door: Arriving) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    emil, dora = door.register(hall, "emil@example.org"), door.register(hall, "dora@example.org")
    door.cancel(emil)
    door.cancel(dora)
    emil = door.register(hall, "emil@example.org")
    assert door.register(hall, "dora@example.org") == dora
    assert door.row(Participant, dora).waiting_number == 2
    door.cancel(emil)
    assert len(door.town.queued(PROMOTED)) == 2


STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "go", "forget", "room"]), st.integers(min_value=0, max_value=5)), max_size=14
)


@given(steps=STEPS, capacity=st.integers(min_value=1, max_value=3))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_happens_the_counts_are_true(sqlite_town: Town, steps: list[tuple[str, int]], capacity: int) -> None:
    door = Arriving(sqlite_town)
    hall = door.hall(HallState.SCHEDULED, capacity=capacity)
    order: list[int] = []
    people: dict[int, int] = {}
    for what, n in steps:
        door.town.clock.advance(timedelta(minutes=1))
        if what == "room":
            door.do(lambda db, n=n: _set_capacity(db, hall, n + 1, door))
        elif what == "come":
            person = people[n] = door.register(hall, f"seat{n}@example.org")
            order = order if person in order else [*order, person]
        elif n in people:
            act = registering.cancel if what == "go" else registering.disown
            door.do(lambda db, n=n, act=act: act(db, people[n], door.town.now))
            order = [p for p in order if p != people[n]]
    assert door.town.broken() == {}
    places_of = [door.row(Participant, p).place for p in order]
    assert places_of == sorted(places_of)  # registered before waiting, in the order in which they came


def _set_capacity(db: object, hall: int, capacity: int, door: Arriving) -> None:
    row = db.get_one(Hall, hall)  # type: ignore[attr-defined]
    row.capacity = capacity
    places.note_changed(db, PlacesChanged(hall, door.town.now))  # type: ignore[arg-type]


def test_two_tabs_at_once_are_one_browser(door: Arriving) -> None:
    hall = door.hall(entry=Entry.OPEN)
    start, found = threading.Barrier(4), []

    def enter() -> None:
        start.wait()
        found.append(door.do(lambda db: joining.enter(db, db.get_one(Hall, hall), b"t" * 16, door.town.now).id))

    tabs = [threading.Thread(target=enter) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(door.town.rows(Participant, Participant.hall_id == hall)) == 1
