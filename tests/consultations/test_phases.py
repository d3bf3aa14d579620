"""Upcoming, open, closed, outcome: the same answer from Python and from both databases, at any instant."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from consultations.model import Consultation
from consultations.rules.lifecycle import PHASES, Phase, next_turn, phase_of
from tests.consultations.asking import Asking
from tests.site import Town

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


def test_it_is_open_from_its_first_instant_until_just_before_its_last():
    one = Consultation(opens_at=NINE, closes_at=NINE + timedelta(days=26), has_outcome=False)
    instant = timedelta(microseconds=1)
    assert phase_of(one, NINE - instant) is Phase.UPCOMING
    assert phase_of(one, NINE) is Phase.OPEN
    assert phase_of(one, NINE + timedelta(days=26) - instant) is Phase.OPEN
    assert phase_of(one, NINE + timedelta(days=26)) is Phase.CLOSED
    one.has_outcome = True
    assert phase_of(one, NINE + timedelta(days=26)) is Phase.OUTCOME


def test_without_times_it_has_no_phase_and_no_turn():
    assert phase_of(Consultation(has_outcome=False), NINE) is None
    assert next_turn(Consultation(has_outcome=False), NINE) is None


def test_objects_and_the_database_agree_at_any_instant(town: Town):
    asking, chance = Asking(town), random.Random(17)
    for _place in range(12):
        opens = NINE + timedelta(minutes=chance.randrange(-3000, 3000))
        asking.published(
            opens=opens, closes=opens + timedelta(minutes=chance.randrange(1, 3000)), has_outcome=chance.random() < 0.5
        )
    with town.database.reading() as db:
        rows = db.scalars(select(Consultation)).all()
        turns = [t for row in rows for t in (row.opens_at, row.closes_at) if t is not None]
        asked = turns + [NINE + timedelta(minutes=chance.randrange(-6000, 9000)) for _ in range(40)]
        for now in asked:
            for phase, holds in PHASES.items():
                found = set(db.scalars(select(Consultation.id).where(holds(Consultation, now))))
                assert found == {row.id for row in rows if phase_of(row, now) is phase}, (phase, now)
