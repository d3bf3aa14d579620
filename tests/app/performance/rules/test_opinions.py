"""The question of a page can be answered for a day; no two pages have the same number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.performance.rules.opinions import OPEN_FOR, Grade, Opinions, is_open, made_at, nonce_at

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
later = st.timedeltas(timedelta(minutes=-10), timedelta(days=3))


@given(st.integers(0, 2**96 - 1), later)
def test_a_page_can_be_answered_for_a_day(random: int, age: timedelta):
    nonce = nonce_at(NOW, random)
    assert 0 <= nonce < 2**63
    assert made_at(nonce) == NOW.timestamp()
    assert is_open(nonce, NOW + age) == (timedelta(minutes=-1) < age < OPEN_FOR)


@given(st.dictionaries(st.sampled_from(list(Grade)), st.integers(0, 1_000)))
def test_whoever_was_content_is_one_of_those_who_said(people: dict[Grade, int]):
    said = Opinions(people)
    assert 0 <= said.content <= said.size == sum(people.values())
