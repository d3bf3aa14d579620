"""Northmere's consultations: every phase is there, and everything in them holds."""

from __future__ import annotations

from app import demo
from app.core.security.passwords import Passwords
from app.outcomes.model import Answer
from consultations.demo import fill
from consultations.model import Consultation, Response
from consultations.rules.lifecycle import Phase, phase_of
from tests.site import Town


def test_the_demo_has_every_phase_and_people_who_answered(sqlite_town: Town) -> None:
    town = sqlite_town
    town.database.retrying(lambda db: demo._accounts(db, Passwords(1), town.now))
    fill(town.site, town.database, town.now)
    found = town.rows(Consultation)
    assert {phase_of(c, town.now) for c in found} >= {Phase.UPCOMING, Phase.OPEN, Phase.CLOSED}
    assert len(town.rows(Response)) == sum(c.response_count for c in found) == 461
    assert sum(c.feedback_at is not None for c in found) == len(town.rows(Answer)) == 1
    town.database.retrying(demo._letters_have_left)
    assert town.broken() == {}
