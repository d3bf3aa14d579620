"""When letters leave: news in its window, retries after growing pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.mail.schedule import MOST_ATTEMPTS, news_due, pause_after, read_window

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 1, 5, 16, 0), datetime(2026, 1, 6, 0, 0)),
        (datetime(2026, 1, 5, 3, 0), datetime(2026, 1, 5, 3, 0)),
        (datetime(2026, 1, 5, 6, 0), datetime(2026, 1, 6, 0, 0)),
        (datetime(2026, 7, 1, 15, 0), datetime(2026, 7, 1, 23, 0)),  # British summer time
        (datetime(2026, 3, 28, 20, 0), datetime(2026, 3, 29, 0, 0)),  # the night the clocks go forward
        (datetime(2026, 10, 24, 20, 0), datetime(2026, 10, 24, 23, 0)),  # and back
    ],
)
def test_news_leaves_after_midnight(now: datetime, due: datetime):
    assert news_due("00:00-06:00", LONDON, now.replace(tzinfo=UTC)) == due.replace(tzinfo=UTC)


def test_a_window_may_span_midnight():
    evening, noon = datetime(2026, 1, 5, 23, 0, tzinfo=UTC), datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    assert news_due("22:00-05:00", LONDON, evening) == evening
    assert news_due("22:00-05:00", LONDON, noon) == noon.replace(hour=22)


def test_always_is_now():
    now = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    assert news_due("always", LONDON, now) == now


@pytest.mark.parametrize("window", ["", "night", "25:00-26:00", "00:00"])
def test_a_window_that_is_none_is_refused(window: str):
    with pytest.raises(ValueError):
        read_window(window)


def test_pauses_grow_to_half_a_day_and_end_after_three():
    pauses = [pause_after(n) for n in range(1, MOST_ATTEMPTS)]
    assert pauses[:3] == [timedelta(minutes=m) for m in (1, 2, 4)]
    assert pauses == sorted(pauses)
    assert max(pauses) == timedelta(hours=12)
    assert timedelta(days=2) < sum(pauses, timedelta()) < timedelta(days=4)
