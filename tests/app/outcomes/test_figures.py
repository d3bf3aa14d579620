"""A department's workload and how long its answers take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes.model import DueChange, Referral
from app.outcomes.queries.figures import Load, Workload, workload
from app.outcomes.rules.referrals import ReferralState
from app.outcomes.service import practising
from app.outcomes.service.referring import refer
from tests.site import Town

LONDON = ZoneInfo("Europe/London")
#: a Wednesday
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


class Records:
    def __init__(self, town: Town) -> None:
        self.town, self.imran = town, town.officer()
        with town.database.reading() as db:
            self.parks = db.scalars(select(Department.id).where(Department.slug == "parks")).one()
        self.number = 0

    def owes(self, days: float, **more: Any) -> Referral:
        self.number += 1
        with self.town.database.writing() as db:
            subject, due = SubjectRef("petition", self.number), NOW + timedelta(days=days)
            made = refer(db, subject, cause="response", department_id=self.parks, due_at=due, now=NOW)
            for name, value in more.items():
                setattr(made, name, value)
            return made

    def answered(self, at: datetime, *, took: float, due: float) -> Referral:
        """``took`` and ``due``: days from its arrival."""
        given = {"state": ReferralState.ANSWERED, "answered_at": at, "took": int(took * 86_400)}
        return self.owes(0, due_at=at + timedelta(days=due - took), **given)

    def now(self) -> Workload:
        with self.town.database.reading() as db:
            return workload(db, self.parks, NOW, LONDON)


@pytest.fixture
def records(town: Town) -> Records:
    return Records(town)


def test_a_new_department_has_no_figures(records: Records):
    found = records.now()
    assert found.is_empty
    assert (found.owed, found.late, list(found.months)) == (0, 0, [])
    assert found.officers == [Load("Imran", 0, 0), Load(None, 0, 0)]


def test_what_is_owed_is_counted_by_the_week_of_its_day(records: Records):
    for days in (-1, 1, 4.4, 5, 12, 400):
        records.owes(days)
    records.owes(0, due_at=None)
    found = records.now()
    assert (found.owed, found.late, found.later, found.undated) == (7, 1, 1, 1)
    assert found.weeks[:3] == [(date(2026, 3, 9), 2), (date(2026, 3, 16), 1), (date(2026, 3, 23), 1)]
    assert sum(count for _week, count in found.weeks) + found.late + found.later + found.undated == found.owed


def test_late_ones_are_counted_by_age_and_by_officer(records: Records):
    for days in (-3, -20, -60, -200):
        records.owes(days, assignee_id=records.imran if days < -30 else None)
    found = records.now()
    assert found.ages == [(7, 1), (30, 1), (90, 1), (None, 1)]
    assert found.officers == [Load("Imran", 2, 2), Load(None, 2, 2)]


def test_months_tell_median_days_and_the_share_on_time(records: Records):
    records.answered(datetime(2026, 1, 31, 23, 30, tzinfo=UTC), took=10, due=28)
    records.answered(datetime(2026, 3, 1, tzinfo=UTC), took=20, due=28)
    records.answered(datetime(2026, 3, 2, tzinfo=UTC), took=30, due=28)
    records.answered(datetime(2026, 3, 3, tzinfo=UTC), took=27, due=28)
    january, february, march = records.now().months
    assert (january.first, january.answered, january.median_days, january.share) == (date(2026, 1, 1), 1, 10.0, 100)
    assert (february.answered, february.median_days, february.share) == (0, None, None)
    assert (march.answered, march.median_days, march.due, march.on_time, march.share) == (3, 27.0, 3, 2, 66)


def test_an_answer_that_came_late_stays_late_when_it_is_sent_back(records: Records):
    late = records.answered(datetime(2026, 3, 2, tzinfo=UTC), took=30, due=28)
    with records.town.database.writing() as db:
        row = db.get_one(Referral, late.id)
        before, row.state, row.due_at = row.due_at, ReferralState.RETURNED, NOW + timedelta(days=14)
        db.add(
            DueChange(
                referral_id=late.id, kind="returned", before_at=before, after_at=row.due_at, reason="More.", at=NOW
            )
        )
    (march,) = records.now().months
    assert (march.due, march.on_time) == (1, 0)


def test_a_made_up_matter_is_in_no_figure(records: Records):
    before = records.now()
    with records.town.database.writing() as db:
        practising.begin(db, records.town.site.calendar, records.parks, NOW)
    assert records.now() == before
