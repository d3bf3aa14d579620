"""Petitions as the bits of a number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from petitions.queries.members import bits_of, ids_of, members_of, size_of

IDS = st.sets(st.integers(1, 5_000))


@given(IDS, IDS)
def test_two_conditions_meet_in_whoever_passes_both(some: set[int], others: set[int]):
    both = bits_of(list(some)) & bits_of(list(others))
    assert both == bits_of(list(some & others))
    assert both.bit_count() == len(some & others)
    assert members_of(bits_of(list(some)), sorted(others)) == sorted(some & others)


@given(IDS)
def test_each_petition_is_the_bit_of_its_own_number(some: set[int]):
    bits = bits_of(list(some))
    assert {i for i in range(5_001) if bits >> i & 1} == some
    assert ids_of(bits) == sorted(some)
    assert int.from_bytes(bits.to_bytes(size_of(bits), "little"), "little") == bits
