"""Uptime is counted in whole minutes, and never looks better than it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.performance.rules.periods import A_DAY, span
from app.performance.rules.uptime import A_MINUTE, Light, Uptime, count_minutes, minutes_to_count, percent, total

LONDON, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
zones = st.sampled_from((LONDON, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York")))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@st.composite
def uptimes(draw: st.DrawFn) -> Uptime:
    minutes = draw(st.integers(0, 1_500))
    read_only = draw(st.integers(0, minutes))
    return Uptime(minutes, draw(st.integers(0, minutes - read_only)), read_only)


def minutes_of(day: date, zone: ZoneInfo) -> int:
    return count_minutes(*minutes_to_count(day, FIRST - A_DAY, LATER + A_DAY, zone))


def test_a_day_has_the_minutes_that_its_clock_gives_it():
    assert minutes_of(date(2026, 6, 1), LONDON) == 1_440
    assert minutes_of(date(2026, 3, 29), LONDON) == 1_380
    assert minutes_of(date(2026, 10, 25), LONDON) == 1_500
    assert minutes_of(date(2026, 4, 5), LORD_HOWE) == 1_470, "there the clocks change by half an hour"


@given(zones)
def test_the_minutes_of_a_year_are_those_of_its_days(zone: ZoneInfo):
    year = span(date(2026, 1, 1), date(2026, 12, 31), zone)
    found = sum(minutes_of(year.first + n * A_DAY, zone) for n in range(365))
    assert found == (year.end - year.begin) // A_MINUTE


@given(days, zones, instants, instants)
def test_nothing_counts_before_the_first_mark_nor_while_it_still_runs(
    day: date, zone: ZoneInfo, first: datetime, now: datetime
):
    first = first.replace(second=0, microsecond=0)
    begin, end = minutes_to_count(day, first, now, zone)
    assert begin <= end
    if begin < end:
        assert first <= begin
        assert end <= now
        assert {(begin).astimezone(zone).date(), (end - A_MINUTE).astimezone(zone).date()} == {day}


def test_without_a_first_mark_no_minute_counts():
    begin, end = minutes_to_count(date(2026, 6, 1), None, LATER, LONDON)
    assert count_minutes(begin, end) == 0


@given(uptimes())
def test_a_share_is_never_better_than_it_was(up: Uptime):
    if up.share is None:
        assert up.counted == 0
        return
    assert 0 <= up.share <= 100
    assert (up.share == 100) == (up.down == 0)
    assert up.share <= 100 * up.open / up.counted


@given(st.lists(uptimes(), max_size=8))
def test_days_add_up(parts: list[Uptime]):
    whole = total(parts)
    assert whole.minutes == sum(p.minutes for p in parts)
    assert whole.down == sum(p.down for p in parts)
    shares = [p.share for p in parts if p.share is not None]
    if whole.share is not None:
        assert min(shares) - 0.01 <= whole.share <= max(shares)


@given(uptimes())
def test_a_day_looks_whole_only_where_no_minute_was_down(up: Uptime):
    assert (up.light is Light.UP) == (up.minutes > 0 and up.down == 0)
    assert (up.light is Light.UNKNOWN) == (up.minutes == 0)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_is_rounded_down(part: int, more: int):
    whole = part + more
    assert percent(part, whole) < 100
    assert percent(whole, whole) == 100
    assert percent(part, whole) <= 100 * part / whole + 1e-9
