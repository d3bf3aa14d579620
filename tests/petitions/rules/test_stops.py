"""A day later is a day of the civic calendar; a stop owes a day for each midnight that it stood through."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadField
from petitions.rules.closing import a_day_later, end_of_day, next_day_to_make_up
from petitions.rules.stops import (
    Stopped,
    local_minute,
    read_day,
    read_message,
    read_reason,
    read_time,
    refusal_while_stopped,
)

LONDON, HAVANA = ZoneInfo("Europe/London"), ZoneInfo("America/Havana")
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@given(day=DAYS, zone=st.sampled_from([LONDON, HAVANA, ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Beirut")]))
def test_the_end_of_a_day_moves_to_the_end_of_the_next(day: date, zone: ZoneInfo):
    assert a_day_later(end_of_day(day, zone), zone) == end_of_day(day + timedelta(days=1), zone)


def test_a_change_of_the_clocks_moves_no_deadline_by_an_hour():
    summer_ends = end_of_day(date(2026, 10, 24), LONDON)  # 25 October has 25 hours
    assert summer_ends == datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert a_day_later(summer_ends, LONDON) == datetime(2026, 10, 26, 0, tzinfo=UTC)


def test_an_imported_deadline_at_noon_stays_at_noon():
    noon = datetime(2026, 10, 24, 11, 30, tzinfo=UTC)  # half past twelve in London, then still in summer time
    assert a_day_later(noon, LONDON) == datetime(2026, 10, 25, 12, 30, tzinfo=UTC)


def test_from_10_to_12_september_two_midnights_are_owed():
    began, ended = datetime(2026, 9, 10, 9, tzinfo=UTC), datetime(2026, 9, 12, 15, tzinfo=UTC)
    first = next_day_to_make_up(began, None, ended, LONDON)
    assert first == date(2026, 9, 10)
    second = next_day_to_make_up(began, first, ended, LONDON)
    assert second == date(2026, 9, 11)
    assert next_day_to_make_up(began, second, ended, LONDON) is None


def test_a_stop_that_ends_the_same_day_owes_nothing():
    morning = datetime(2026, 9, 10, 7, tzinfo=UTC)
    assert next_day_to_make_up(morning, None, morning + timedelta(hours=12), LONDON) is None


@pytest.mark.parametrize("text", ["", "3 May 2029", "2029-02-30", "2029/05/03"])
def test_a_day_that_is_none_is_refused(text: str):
    with pytest.raises(BadField):
        read_day(text)


@pytest.mark.parametrize("text", ["", "noon", "25:00"])
def test_a_time_that_is_none_is_refused(text: str):
    with pytest.raises(BadField):
        read_time(text)


def test_the_minute_is_one_of_the_deployments_clock_and_still_to_come():
    now = datetime(2029, 5, 1, 12, tzinfo=UTC)
    assert local_minute(date(2029, 5, 3), time(0, 1), LONDON, now) == datetime(2029, 5, 2, 23, 1, tzinfo=UTC)
    with pytest.raises(BadField, match="still to come"):
        local_minute(date(2029, 5, 1), time(13, 0), LONDON, now)
    with pytest.raises(BadField, match="no such time"):
        local_minute(date(2030, 3, 31), time(1, 30), LONDON, now)


def test_words_to_the_public_may_be_none_but_a_reason_must_be_given():
    assert read_message(" Back on\nMonday. ") == "Back on Monday."
    assert read_message("") == ""
    for nothing in ("", "  \n ", "\u200b\u2060"):
        with pytest.raises(BadField):
            read_reason(nothing)
    with pytest.raises(BadField):
        read_message("x" * 501)


def test_the_refusal_says_since_when_and_that_no_petition_loses_a_day():
    refusal = refusal_while_stopped(Stopped(signing="We move house."), 7, since="10 September 2026")
    assert refusal is not None
    assert refusal.status == 409
    assert refusal.sentence.startswith("We move house. Signing has been stopped since 10 September 2026.")
    assert "Nothing was stored" in refusal.sentence
    assert refusal.link[0] == "/petitions/7"
    assert refusal_while_stopped(Stopped(creating=""), 7, since="") is None
