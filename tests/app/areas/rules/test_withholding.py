"""What is kept back: whoever knows the total, the rule and everything that is shown cannot work a small count out."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.areas.rules.withholding import SMALL, withheld, withheld_by_region

COUNTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60) | st.integers(0, 6), min_size=1, max_size=25
)


@given(COUNTS)
def test_no_small_count_is_shown(counts: dict[str, int]):
    assert {key for key, count in counts.items() if count < SMALL} <= withheld(counts)


@given(COUNTS)
def test_what_is_kept_back_is_never_one_alone_nor_adds_up_to_little(counts: dict[str, int]):
    hidden = withheld(counts)
    total = sum(counts[key] for key in hidden)
    if total and len(hidden) < len(counts):
        assert len(hidden) >= 2
        assert total >= SMALL


@given(COUNTS)
def test_the_smallest_are_kept_back_first(counts: dict[str, int]):
    hidden = withheld(counts)
    shown = [count for key, count in counts.items() if key not in hidden]
    assert max((counts[key] for key in hidden), default=0) <= min(shown, default=10**9)


@given(COUNTS)
def test_where_nothing_is_small_everything_is_shown(counts: dict[str, int]):
    assert withheld({key: count + SMALL for key, count in counts.items()}) == frozenset()


def test_areas_of_which_nobody_signed_give_nobody_away():
    assert withheld({"a": 0, "b": 0, "c": 12}) == {"a", "b"}


def test_one_small_count_takes_others_along():
    assert withheld({"oak": 3, "mill": 9, "hill": 7, "dock": 40}) == {"oak", "hill"}


@pytest.mark.parametrize(("areas", "most"), [(2, 13), (3, 12), (4, 8)])
def test_an_attacker_who_tries_every_possibility_stays_in_doubt(areas: int, most: int):
    """Of all breakdowns that look alike from outside, each hidden count that may be small takes two values at least."""
    alike = defaultdict(list)
    for values in product(range(most + 1), repeat=areas):
        hidden = withheld({str(at): value for at, value in enumerate(values)})
        if len(hidden) < areas:
            view = tuple(None if str(at) in hidden else value for at, value in enumerate(values))
            alike[sum(values), view].append(values)
    for (total, view), possible in alike.items():
        hidden = [at for at, value in enumerate(view) if value is None]
        if total == sum(value or 0 for value in view):
            continue  # nobody stands behind what is hidden
        for at in hidden:
            values = {values[at] for values in possible}
            assert min(values) >= SMALL or len(values) >= 2, (total, view)


@given(st.lists(st.tuples(st.integers(0, 40) | st.integers(0, 5), st.sampled_from("NSEW")), min_size=1, max_size=20))
def test_no_region_tells_what_its_areas_do_not(cells: list[tuple[int, str]]):
    counts = {f"W{at}": count for at, (count, _region) in enumerate(cells)}
    region_of = {f"W{at}": region for at, (_count, region) in enumerate(cells)}
    kept = withheld_by_region(counts, region_of)
    for region in set(region_of.values()) - kept.regions:
        own = {code: count for code, count in counts.items() if region_of[code] == region}
        hidden = kept.areas & own.keys()
        total = sum(own[code] for code in hidden)
        assert not total or len(hidden) == len(own) or (len(hidden) >= 2 and total >= SMALL)
    assert all(code in kept.areas for code, count in counts.items() if count < SMALL)
