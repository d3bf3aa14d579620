"""Numbers of documents tell where these stand and what they are."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.queries.finding import Finder
from app.search.rules import numbers
from tests.app.search.shelves import Shelf

RANKS = st.floats(-99, 200).map(lambda rank: round(rank, 2))
CODES = st.integers(1, 31)
NUMBERS = st.builds(numbers.number, RANKS, CODES)


@given(RANKS, RANKS, CODES, CODES)
def test_the_higher_rank_has_the_higher_number_whatever_its_kind(one: float, other: float, code: int, another: int):
    first, second = numbers.number(one, code), numbers.number(other, another)
    assert (first > second) == (one > other) or one == other
    assert (numbers.code_of(first), numbers.code_of(second)) == (code, another)


@given(NUMBERS)
def test_another_number_is_of_the_same_rank_and_kind(taken: int):
    again = numbers.another(taken)
    assert numbers.code_of(again) == numbers.code_of(taken)
    assert again >> 38 == taken >> 38


@given(RANKS, CODES, st.floats(-5, 5))
def test_a_number_is_kept_while_its_rank_moves_by_a_tenth_at_most(rank: float, code: int, moved: float):
    kept = numbers.stays(numbers.number(rank, code), rank + moved)
    assert kept or abs(moved) > 0.09
    assert not kept or abs(moved) < 0.11


@given(st.lists(NUMBERS, max_size=30, unique=True), st.lists(NUMBERS, max_size=30, unique=True), st.integers(0, 5))
def test_what_is_raised_stands_as_if_its_rank_were_higher(plain: list[int], raised: list[int], by: int):
    raised += plain[::3]
    found = numbers.in_order(plain, raised, by)
    assert sorted(found) == sorted({*plain, *raised})
    places = [(taken >> 38) + (100 * by if taken in raised else 0) for taken in found]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("code", [-1, 0, 32])
def test_a_kind_without_a_place_has_no_numbers(code: int):
    with pytest.raises(ValueError, match="1 to 31"):
        numbers.number(1.0, code)


def test_two_kinds_of_one_code_are_refused():
    with pytest.raises(ValueError, match="two kinds have one code"):
        Finder({"petition": Shelf(), "comment": Shelf()}, ZoneInfo("UTC"))
