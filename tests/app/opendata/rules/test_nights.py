"""The night's dump is due once each local day, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.opendata.rules.nights import last_night

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
HALF_PAST_TWO = time(2, 30)


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2026-03-02T12:00", LONDON, "2026-03-02T02:30"),
        ("2026-03-02T02:30", LONDON, "2026-03-02T02:30"),
        ("2026-03-02T02:29", LONDON, "2026-03-01T02:30"),
        ("2026-07-02T12:00", LONDON, "2026-07-02T01:30"),  # summer time
        ("2026-03-29T12:00", BERLIN, "2026-03-29T01:30"),  # there is no half past two on this day
        ("2026-03-29T01:00", BERLIN, "2026-03-28T01:30"),
        ("2026-10-25T12:00", BERLIN, "2026-10-25T00:30"),  # there are two: the first counts
        ("2026-10-25T01:00", BERLIN, "2026-10-25T00:30"),
    ],
)
def test_the_last_night_that_was_due(now: str, zone: ZoneInfo, due: str):
    found = last_night(HALF_PAST_TWO, zone, datetime.fromisoformat(f"{now}+00:00"))
    assert found == datetime.fromisoformat(f"{due}+00:00")


@pytest.mark.parametrize("zone", ["Europe/London", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("at", [time(0), time(1, 30), HALF_PAST_TWO, time(23, 59)])
def test_a_year_has_as_many_nights_as_days(zone: str, at: time):
    place, hour = ZoneInfo(zone), datetime(2026, 1, 1, 12, tzinfo=UTC)
    nights = {last_night(at, place, hour + timedelta(hours=h)) for h in range(24 * 365)}
    assert len(nights) in (365, 366)
    assert all(later - earlier < timedelta(hours=26) for earlier, later in pairwise(sorted(nights)))
