"""Weeks begin on Mondays, months on their first, and the last ninety days end today."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.performance.rules.periods import (
    LATELY_DAYS,
    Period,
    days_between,
    last_of,
    lately,
    month_of,
    months_between,
    months_until,
    week_of,
    weeks_until,
)

days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(days)
def test_a_day_is_in_its_week_and_its_month(day: date):
    for period, first in ((Period.WEEK, week_of(day)), (Period.MONTH, month_of(day)), (Period.DAY, day)):
        assert first <= day <= last_of(period, first)
    assert week_of(day).weekday() == 0


@given(days)
def test_the_last_months_and_weeks_end_with_the_running_one(today: date):
    months, weeks = months_until(today), weeks_until(today)
    assert (months[-1], weeks[-1]) == (month_of(today), week_of(today))
    assert months == list(months_between(months[0], today))
    assert len({*months}) == len(months) == len(weeks)


@given(days)
def test_lately_is_ninety_days_with_today(today: date):
    first, last = lately(today)
    assert last == today == last_of(Period.LATELY, first)
    assert len(days_between(first, last)) == LATELY_DAYS
