"""When a webhook is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.rules.pauses import (
    LONGEST_WISH,
    MOST_ATTEMPTS,
    PAUSES,
    pause_after,
    read_retry_after,
    rest_after,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
draws = st.floats(0, 1, exclude_max=True)
wishes = st.none() | st.timedeltas(timedelta(0), timedelta(days=40))


@given(st.lists(draws, min_size=MOST_ATTEMPTS - 1, max_size=MOST_ATTEMPTS - 1))
def test_pauses_grow_whatever_chance_adds(chance: list[float]):
    pauses = [pause_after(attempts + 1, draw) for attempts, draw in enumerate(chance)]
    assert all(before < after for before, after in pairwise(pauses))  # type: ignore[operator]
    whole = sum(pauses, timedelta())  # type: ignore[arg-type]
    assert timedelta(days=3) < whole < timedelta(days=4)


@given(st.integers(1, 40), draws, wishes)
def test_a_receiver_can_ask_for_more_time_never_for_less_and_not_for_ever(
    attempts: int, draw: float, wish: timedelta | None
):
    pause, plain = pause_after(attempts, draw, wish), pause_after(attempts, draw)
    if attempts >= MOST_ATTEMPTS:
        assert pause is None
        return
    assert pause is not None
    assert plain is not None
    assert PAUSES[attempts - 1] <= plain <= pause <= max(plain, LONGEST_WISH)


@given(st.integers(0, 10_000), wishes)
def test_who_fails_rests_a_little_longer_each_time(failures: int, wish: timedelta | None):
    assert timedelta(seconds=5) <= rest_after(failures) <= rest_after(failures + 1) <= timedelta(minutes=5)
    assert rest_after(failures) <= rest_after(failures, wish) <= LONGEST_WISH


def test_the_first_five_tries_as_the_documents_say():
    said = [pause_after(attempts, 0.0) for attempts in range(1, 6)]
    assert said == [timedelta(seconds=5), timedelta(minutes=5), *(timedelta(hours=h) for h in (0.5, 2, 5))]


def test_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing():
    assert read_retry_after("120", NOW) == timedelta(minutes=2)
    assert read_retry_after(" Mon, 02 Mar 2026 12:10:00 GMT ", NOW) == timedelta(minutes=10)
    for nothing in ("", "soon", "-5", "1.5", "Sun, 01 Mar 2026 12:00:00 GMT", "Mon, 99 Mar 2026 12:10:00 GMT", "٣"):
        assert read_retry_after(nothing, NOW) is None


@given(st.text(max_size=60))
def test_nothing_a_receiver_says_breaks_the_clock(text: str):
    wish = read_retry_after(text, NOW)
    assert wish is None or wish >= timedelta(0)


def test_a_number_of_a_thousand_digits_is_a_long_time():
    assert pause_after(1, 0.0, read_retry_after("9" * 1_000, NOW)) == LONGEST_WISH
