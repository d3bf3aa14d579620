"""Minutes are kept while they say what trends, and then forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from petitions.model.petition import HourCount, MinuteCount
from petitions.service import trending
from tests.people import LAURA, SAM
from tests.site import Town


def minutes(town: Town) -> int:
    return len(town.rows(MinuteCount))


def forget(town: Town) -> int:
    return town.database.retrying(lambda db: trending.forget_minutes(db, town.now))


def test_what_sam_did_three_hours_ago_trends_no_more_and_stays_in_the_history(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.clock.advance(timedelta(hours=2, minutes=30))
    town.sign(petition, LAURA)
    assert forget(town) == 0
    (left,) = town.rows(MinuteCount)
    assert left.minute == town.now.replace(second=0, microsecond=0)
    assert sum(h.validated for h in town.rows(HourCount, HourCount.petition_id == petition)) == town.count(petition)
    assert town.broken() == {}


def test_a_long_list_is_forgotten_in_short_steps(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trending, "A_STEP", 3)
    petition = town.open_petition()
    for _ in range(8):
        town.clock.advance(timedelta(minutes=1))
        town.database.retrying(lambda db: db.add(MinuteCount(minute=town.now, petition_id=petition, validated=1)))
    town.clock.advance(timedelta(hours=3))
    before, steps = minutes(town), 0
    assert before >= 8
    while forget(town):
        steps += 1
    assert 1 < steps < before
    assert minutes(town) == 0
