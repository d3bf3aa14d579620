"""The job that writes down that a petition's time is over; signing ended before, by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from petitions.rules.eligibility import PetitionClosed
from petitions.service import closing
from tests.people import SAM
from tests.site import Town


def test_a_petition_closes_at_its_instant_and_not_before(town: Town):
    petition = town.open_petition()
    closes = town.petition(petition).closes_at
    assert closes is not None
    town.clock.set(closes - timedelta(seconds=1))
    town.work()
    assert town.petition(petition).state == "open"
    town.clock.set(closes)
    assert isinstance(town.perform([town.request_act(petition, SAM)])[0], PetitionClosed)
    town.clock.advance(timedelta(minutes=20))
    town.work()
    found = town.petition(petition)
    assert (found.state, found.closed_at) == ("closed", closes)
    town.deliver()
    assert town.broken() == {}


def test_many_are_closed_step_by_step(sqlite_town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(closing, "A_STEP", 2)
    petitions = [sqlite_town.open_petition() for _ in range(3)]
    sqlite_town.clock.advance(timedelta(days=200))
    sqlite_town.work()
    assert {sqlite_town.petition(p).state for p in petitions} == {"closed"}


def test_what_is_still_open_stays_open(sqlite_town: Town):
    petition = sqlite_town.open_petition()
    sqlite_town.clock.advance(timedelta(days=90))
    sqlite_town.work()
    assert sqlite_town.petition(petition).state == "open"
