"""How long until it begins: never later than it is, and each sentence true until the moment it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall.rules.countdown import Left, changes_at, until

STARTS = datetime(2026, 10, 5, 16, tzinfo=UTC)
A_TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (timedelta(days=34, hours=7), Left("days", 34)),
        (timedelta(days=2), Left("days", 2)),
        (timedelta(days=2) - A_TICK, Left("hours", 47)),
        (timedelta(hours=1), Left("hours", 1)),
        (timedelta(minutes=59, seconds=59), Left("minutes", 59)),
        (timedelta(minutes=1), Left("minutes", 1)),
        (timedelta(seconds=59), Left("moment", 0)),
        (timedelta(0), None),
        (timedelta(minutes=-5), None),
    ],
)
def test_it_is_said_in_one_unit(before: timedelta, left: Left | None) -> None:
    assert until(STARTS, STARTS - before) == left


@given(st.timedeltas(min_value=A_TICK, max_value=timedelta(days=400)))
def test_what_is_said_is_true_until_it_changes_and_no_longer(before: timedelta) -> None:
    now = STARTS - before
    turn = changes_at(STARTS, now)
    assert turn is not None
    assert now < turn <= STARTS
    assert until(STARTS, turn - A_TICK) == until(STARTS, now)
    assert until(STARTS, turn) != until(STARTS, now)


def test_nothing_changes_once_it_should_have_begun() -> None:
    assert changes_at(STARTS, STARTS) is None
