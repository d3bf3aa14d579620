"""When digests are due, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.following.policy import FollowingPolicy
from app.following.rules.periods import Period, last_cut

LONDON = ZoneInfo("Europe/London")
SEVEN = time(7)


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        ("2026-03-04 07:00", "2026-03-04 07:00", "2026-03-02 07:00"),
        ("2026-03-04 06:59", "2026-03-03 07:00", "2026-03-02 07:00"),
        ("2026-03-02 06:59", "2026-03-01 07:00", "2026-02-23 07:00"),
        ("2026-03-02 07:00", "2026-03-02 07:00", "2026-03-02 07:00"),
        # clocks go forward on 29 March, a Sunday, and back on 25 October
        ("2026-03-29 05:59", "2026-03-28 07:00", "2026-03-23 07:00"),
        ("2026-03-29 06:00", "2026-03-29 06:00", "2026-03-23 07:00"),
        ("2026-03-30 06:00", "2026-03-30 06:00", "2026-03-30 06:00"),
        ("2026-10-25 06:30", "2026-10-24 06:00", "2026-10-19 06:00"),
        ("2026-10-25 07:00", "2026-10-25 07:00", "2026-10-19 06:00"),
    ],
)
def test_the_newest_time_that_it_was_seven_in_london(now: str, daily: str, weekly: str):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert f"{last_cut(Period.DAILY, SEVEN, LONDON, at):%Y-%m-%d %H:%M}" == daily
    assert f"{last_cut(Period.WEEKLY, SEVEN, LONDON, at):%Y-%m-%d %H:%M}" == weekly


def test_a_time_that_clocks_skip_or_show_twice_comes_once_a_day():
    half_past_one, seen = time(1, 30), set()
    for minute in range(0, 60 * 48, 10):
        now = datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp() + minute * 60
        seen.add(last_cut(Period.DAILY, half_past_one, LONDON, datetime.fromtimestamp(now, UTC)))
    assert [f"{cut:%d %H:%M}" for cut in sorted(seen)] == ["24 00:30", "25 00:30", "26 01:30"]
    spring = last_cut(Period.DAILY, half_past_one, LONDON, datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert f"{spring:%d %H:%M}" == "29 01:30"


@pytest.mark.parametrize("text", ["7", "25:00", "07:60", "7 am"])
def test_an_hour_that_makes_no_sense_stops_the_start(text: str):
    with pytest.raises(ValueError, match="TOWNSQUARE_FOLLOWING_DIGEST_AT"):
        FollowingPolicy.from_settings({"digest_at": text}, LONDON, "always")
