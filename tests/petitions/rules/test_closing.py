"""A petition closes at the end of a local day, some calendar months after it was published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petitions.rules.closing import closing_instant, days_left, months_after

LONDON, KOLKATA, APIA = ZoneInfo("Europe/London"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")


@pytest.mark.parametrize(
    ("opened", "last"),
    [
        (date(2026, 7, 31), date(2027, 1, 31)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 8, 29), date(2027, 2, 28)),
        (date(2027, 8, 29), date(2028, 2, 29)),
        (date(2026, 12, 1), date(2027, 6, 1)),
        (date(2024, 2, 29), date(2024, 8, 29)),
    ],
)
def test_six_months_are_six_months_of_the_calendar(opened: date, last: date):
    assert months_after(opened, 6) == last


@pytest.mark.parametrize(
    ("opened", "closes"),
    [
        # winter to summer: the last day ends at 23:00 UTC; summer to winter: at 00:00 UTC
        (datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 7, 10, 23, tzinfo=UTC)),
        (datetime(2026, 7, 10, 12, tzinfo=UTC), datetime(2027, 1, 11, 0, tzinfo=UTC)),
        # half past midnight in London is still the evening before in UTC
        (datetime(2026, 7, 9, 23, 30, tzinfo=UTC), datetime(2027, 1, 11, 0, tzinfo=UTC)),
        # the nights the clocks change themselves
        (datetime(2025, 9, 29, 9, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (datetime(2026, 4, 25, 9, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(days=1)),
    ],
)
def test_a_change_of_clocks_adds_no_day_and_takes_none(opened: datetime, closes: datetime):
    assert closing_instant(opened, 6, LONDON) == closes


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2080, 1, 1)),
    st.integers(1, 36),
    st.sampled_from([LONDON, KOLKATA, APIA]),
)
def test_wherever_and_whenever_it_closes_at_a_local_midnight(opened: datetime, months: int, zone: ZoneInfo):
    opened = opened.replace(tzinfo=UTC)
    closes = closing_instant(opened, months, zone).astimezone(zone)
    assert (closes.hour, closes.minute, closes.second) == (0, 0, 0)
    assert closes.date() == months_after(opened.astimezone(zone).date(), months) + timedelta(days=1)


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(days=3), 3),
        (timedelta(days=2, seconds=1), 3),
        (timedelta(seconds=1), 1),
        (timedelta(0), None),
        (timedelta(seconds=-1), None),
    ],
)
def test_a_day_that_has_begun_counts_as_a_day_left(left: timedelta, shown: int | None):
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert days_left(now + left, now) == shown


def test_what_has_no_closing_day_has_no_days_left():
    assert days_left(None, datetime(2026, 3, 2, tzinfo=UTC)) is None
