"""Small figures are withheld, and nobody can work them out from the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.opendata.rules.withholding import LEAST, shown


@pytest.mark.parametrize(
    ("counts", "seen"),
    [
        ([], []),
        ([7], [7]),
        ([3], [None]),
        ([100, 50], [100, 50]),
        ([100, 50, 4], [100, None, None]),
        ([100, 4, 4], [100, None, None]),
        ([100, 50, 2, 2], [100, None, None, None]),  # two of two tell each other
        ([100, 0, 4, 60], [100, 0, None, None]),
        ([4, 3, 1], [None, None, None]),
    ],
)
def test_a_small_figure_takes_another_with_it(counts: list[int], seen: list[int | None]):
    assert shown(counts) == seen


@given(st.lists(st.integers(0, 40), max_size=12))
def test_what_is_left_tells_nothing_of_few_people(counts: list[int]):
    seen = shown(counts)
    hidden = [count for count, told in zip(counts, seen, strict=True) if told is None]
    assert all(told is None or told == 0 or told >= LEAST for told in seen)
    if hidden and any(told for told in seen):
        assert len(hidden) >= 2
        assert sum(hidden) >= LEAST
