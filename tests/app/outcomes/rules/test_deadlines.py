"""By when something is due: over weekends, holidays and clock changes, whatever the day it begins on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.core.errors import BadField
from app.moderation.rules.promise import FreeDays
from app.outcomes.rules.deadlines import Span, WorkingDays, check_due_day, due_day, end_of, last_day, read_day

LONDON = ZoneInfo("Europe/London")
ZONES = [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Cairo"), ZoneInfo("UTC")]
A_DAY = timedelta(days=1)
EASTER = FreeDays("Easter", date(2026, 4, 3), date(2026, 4, 6))
WEEK = WorkingDays(holidays=(EASTER,))
DAYS = some.dates(date(2020, 1, 1), date(2035, 12, 31))


@some.composite
def weeks(draw) -> WorkingDays:
    """A working week of at least one day, and holidays of up to three weeks."""
    weekend = draw(some.frozensets(some.integers(0, 6), max_size=6))
    starts = draw(some.lists(some.tuples(DAYS, some.integers(0, 20)), max_size=6))
    return WorkingDays(weekend, tuple(FreeDays("A holiday", day, day + A_DAY * more) for day, more in starts))


@given(DAYS, some.integers(1, 90), weeks())
def test_what_is_due_after_days_is_due_on_a_working_day_and_never_early(start: date, days: int, week: WorkingDays):
    due = due_day(start, Span(days), week)
    assert due in week
    assert due >= start + A_DAY * days
    assert not any(start + A_DAY * n in week for n in range(days, (due - start).days))


@given(DAYS, some.integers(1, 60), weeks())
def test_working_days_are_counted_one_by_one(start: date, days: int, week: WorkingDays):
    due = due_day(start, Span(days, working=True), week)
    passed = [start + A_DAY * n for n in range(1, (due - start).days + 1)]
    assert sum(day in week for day in passed) == days
    assert due in week


@given(DAYS, some.sampled_from(ZONES))
def test_a_day_ends_at_its_own_midnight_whatever_the_clocks_do(day: date, zone: ZoneInfo):
    end = end_of(day, zone)
    assert last_day(end, zone) == day
    assert last_day(end + timedelta(microseconds=1), zone) == day + A_DAY
    assert timedelta(hours=22) < end - end_of(day - A_DAY, zone) < timedelta(hours=26)


def test_the_day_on_which_clocks_change_is_an_hour_shorter_or_longer():
    assert end_of(date(2026, 3, 28), LONDON) == datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert end_of(date(2026, 3, 29), LONDON) == datetime(2026, 3, 29, 23, 0, tzinfo=UTC)
    assert end_of(date(2026, 10, 25), LONDON) == datetime(2026, 10, 26, 0, 0, tzinfo=UTC)


def test_four_weeks_that_end_in_a_holiday_end_after_it():
    assert due_day(date(2026, 3, 6), Span(28), WEEK) == date(2026, 4, 7)  # Good Friday: the Tuesday after Easter
    assert due_day(date(2026, 3, 6), Span(20, working=True), WEEK) == date(2026, 4, 7)
    assert due_day(date(2026, 3, 5), Span(28), WEEK) == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-12-24", date(2026, 12, 24)), (" 24/12/2026 ", date(2026, 12, 24)), ("24.12.2026", date(2026, 12, 24))],
)
def test_days_are_read_as_fields_send_them_and_as_people_type_them(text: str, day: date):
    assert read_day(text) == day


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "31/11/2026", "12/24/2026", "24/12/26", "20261224"])
def test_what_is_no_day_is_refused_in_words(text: str):
    with pytest.raises(BadField, match="Enter a day"):
        read_day(text)


@pytest.mark.parametrize(
    ("day", "after", "words"),
    [
        (date(2026, 3, 1), None, "after today"),
        (date(2026, 3, 2), None, "after today"),
        (date(2037, 1, 1), None, "within the next 10 years"),
        (date(2026, 3, 9), date(2026, 3, 9), "later than the one that stands"),
        (date(2026, 4, 3), None, r"Nobody works on that day \(Easter\)"),
        (date(2026, 3, 7), None, "not a working day"),
    ],
)
def test_a_day_nobody_can_be_held_to_is_refused_in_words(day: date, after: date | None, words: str):
    with pytest.raises(BadField, match=words):
        check_due_day(day, today=date(2026, 3, 2), working=WEEK, after=after)


@given(DAYS, DAYS, weeks())
def test_a_day_that_is_taken_is_a_working_day_to_come(day: date, today: date, week: WorkingDays):
    try:
        taken = check_due_day(day, today=today, working=week)
    except BadField:
        assert day <= today or day not in week or day.year > today.year + 10
    else:
        assert taken == day > today
        assert day in week
