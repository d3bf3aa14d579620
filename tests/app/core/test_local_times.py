"""Local times as officials type them: what a clock change makes unclear is asked about, never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadField
from app.core.local_times import (
    ComesTwice,
    NoSuchTime,
    fields_of,
    instants_of,
    read_instant,
    read_time,
    whole_days,
)

LONDON = ZoneInfo("Europe/London")


def typed(day: str, at: str, which: str = "") -> dict[str, str]:
    return {"closes_day": day, "closes_time": at, "closes_which": which}


def test_edda_types_a_day_and_a_time_as_she_likes():
    wanted = datetime(2027, 3, 27, 23, 45, tzinfo=UTC)
    for day, at in (("2027-03-27", "23:45"), ("27/3/2027", "11:45 pm"), ("27.03.2027", "23.45")):
        assert read_instant(typed(day, at), "closes", LONDON) == wanted


def test_nothing_typed_is_for_later_and_half_of_it_is_asked_about():
    assert read_instant(typed("", ""), "closes", LONDON) is None
    for day, at in (("2027-03-27", ""), ("", "23:45"), ("2027-02-30", "9:00"), ("2027-03-27", "9"), ("x", "25:00")):
        with pytest.raises(BadField):
            read_instant(typed(day, at), "closes", LONDON)


@pytest.mark.parametrize("text", ["13pm", "0am", "24:00", "9:60", "", "noon", "²:00"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(BadField):
        read_time(text)


def test_midnight_and_noon_are_told_apart():
    assert (read_time("12am"), read_time("12 PM"), read_time("00:00")) == (time(0), time(12), time(0))


def test_a_time_that_the_clocks_jump_over_does_not_exist():
    with pytest.raises(NoSuchTime) as told:
        read_instant(typed("2027-03-28", "1:30"), "closes", LONDON)
    assert "00:30" in str(told.value.message)
    assert "02:30" in str(told.value.message)


def test_a_time_that_comes_twice_is_asked_about_and_the_answer_counts():
    first, second = (datetime(2027, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1))
    with pytest.raises(ComesTwice) as told:
        read_instant(typed("2027-10-31", "1:30"), "closes", LONDON)
    assert told.value.instants == (first, second)
    assert read_instant(typed("2027-10-31", "1:30", "first"), "closes", LONDON) == first
    assert read_instant(typed("2027-10-31", "1:30", "second"), "closes", LONDON) == second


@given(st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)))
def test_what_a_form_shows_is_read_as_the_same_instant(instant: datetime):
    instant = instant.replace(second=0, microsecond=0)
    assert read_instant(fields_of("closes", instant, LONDON), "closes", LONDON) == instant


def test_a_zone_has_one_instant_for_most_times():
    assert [len(instants_of(date(2027, 3, d), time(1, 30), LONDON)) for d in (27, 28, 29)] == [1, 0, 1]


def test_a_day_counts_once_it_is_whole():
    start = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert whole_days(start, start + timedelta(days=13, hours=23)) == 13
    assert whole_days(start, start - timedelta(days=2)) == 0
