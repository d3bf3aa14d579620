"""The pages of whoever registers for a hall, in every state they can be in: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from tests.journeys.claiming import REGISTERING
from tests.journeys.walking import Visit, walk_over
from tests.site import RunningSite, another
from tests.townhall.arriving import Arriving
from townhall.queries.joining import CANCEL, CONFIRM, NOT_ME
from townhall.rules.lifecycle import HallState
from townhall.rules.news import UNSUBSCRIBE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORM = {"name": "Dora Diaz", "email": "dora@example.org", "privacy": "1"}
FRED, GILDA = "fred.farewell@example.org", "gilda.gone@example.org"


def test_the_pages_of_whoever_registers_can_be_used_by_everyone(sqlite_database: Database, tmp_path: Any) -> None:
    with RunningSite(sqlite_database, tmp_path) as site, walk_over(site) as walk:
        door = Arriving(site.town)
        hall = door.hall(HallState.SCHEDULED, capacity=1, venue="Market Square 1")
        walk.visitor(form_visits(hall))
        walk.visitor(letter_visits(door, hall))
        walk.visitor(place_visits(door))
        site.town.sql("UPDATE accounts_account SET email_confirmed_at = created_at")
        walk.member("rhoda.council@example.org", [Visit(f"/townhalls/{hall}/register", sees="Register as Rhoda")])
        assert walk.findings(REGISTERING) == []


def form_visits(hall: int) -> Iterator[Visit]:
    here = f"/townhalls/{hall}/register"
    yield Visit(here, sees="Your name")
    yield Visit(here, 422, {"name": "", "email": "nobody", "privacy": "1"})
    yield Visit(f"{here}/correct", 409, {"email": "ana@example.org"}, "We no longer know what you sent")
    yield Visit(f"{here}/sent")
    yield Visit(f"{here}/sent?again", sees="Another letter is on its way")
    yield Visit(here, 200, FORM, "One step left")
    yield Visit(f"{here}/correct", 422, {"email": "nobody"}, "Wrong address?")


def letter_visits(door: Arriving, hall: int) -> Iterator[Visit]:
    token = door.town.keys.token
    waits = door.ask(hall, "dora@example.org")
    confirm = f"/townhalls/confirm/{token(CONFIRM, waits)}"
    yield Visit(confirm, sees="Confirm and register")
    yield Visit(confirm, 422, {"name": ""})
    emil = door.register(hall, "emil@example.org")
    yield Visit(confirm, sees="All places are taken at the moment")
    yield Visit(f"/townhalls/confirm/{token(CONFIRM, emil)}", sees="Come in with this browser")
    yield Visit(f"/townhalls/{hall}/register", sees="All places are taken.")
    yield Visit(f"/townhalls/confirm/{another(token(CONFIRM, waits))}", 404)
    cancel, not_me = f"/townhalls/cancel/{token(CANCEL, emil)}", f"/townhalls/not-me/{token(NOT_ME, waits)}"
    yield Visit(cancel, sees="Keep my place")
    yield Visit(not_me, sees="You did not register?")
    yield Visit(not_me, 200, {"sure": "yes"}, "Thank you for telling us")
    yield Visit(confirm, 410, sees="This link is of no use any more")
    unsubscribe = f"/townhalls/unsubscribe/{token(UNSUBSCRIBE, emil, lasting=True)}"
    yield Visit(unsubscribe, sees="Stop these letters")
    yield Visit(unsubscribe, 200, {"act": "stop"}, "No more reminders and news")
    fay = door.register(hall, "fay@example.org")
    yield Visit(f"/townhalls/cancel/{token(CANCEL, fay)}", sees="Leave the waiting list")
    yield Visit(cancel, 200, {"sure": "yes"}, "Your place was given back")
    late = door.ask(hall, "gus@example.org")
    door.town.clock.advance(timedelta(days=8))
    yield Visit(f"/townhalls/confirm/{token(CONFIRM, late)}", 410, sees="This link has expired")
    door.town.clock.advance(timedelta(days=-8))


def place_visits(door: Arriving) -> Iterator[Visit]:
    """Registered, then waiting; in a hall that is over, or does not take place; then neither."""
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    here = f"/townhalls/{hall}/place"
    first, second = (door.ask(hall, email) for email in (FRED, GILDA))
    for person, sees in ((first, "You can ask, vote"), (second, "You are number 1")):
        yield Visit(f"/townhalls/confirm/{door.town.keys.token(CONFIRM, person)}", 200, {"name": "Fred"}, sees)
    yield Visit(here, 200, {"act": "no-letters"}, "We write to you only if")
    _set(door, hall, "state = 'ended', started_at = starts_at, ended_at = starts_at")
    yield Visit(here, sees="is over")
    yield Visit(f"/townhalls/cancel/{door.town.keys.token(CANCEL, first)}", sees="There is nothing to give back")
    _set(door, hall, "state = 'cancelled', cancelled_reason = 'Flooded', ended_at = NULL")
    yield Visit(here, sees="does not take place")
    _set(door, hall, "state = 'scheduled'")
    yield Visit(here, 200, {"act": "cancel"}, "You are not registered")


def _set(door: Arriving, hall: int, columns: str) -> None:
    door.town.sql(f"UPDATE townhall_hall SET {columns} WHERE id = {hall}")
