"""Postcodes, classes of a map, and numbers as people write them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.areas.rules.classes import classes, per_thousand
from app.areas.rules.postcodes import keys_of, read_key
from app.areas.rules.tables import misread, read_number


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("n11ty", "N1 1TY"), ("N1", "N1"), ("n1 1", "N1 1"), ("SW1A", "SW1A"), ("1N", None), ("", None), ("=cmd", None)],
)
def test_a_british_postcode_or_its_beginning(typed: str, kept: str | None):
    assert read_key(typed, "GB") == kept


def test_a_district_is_no_beginning_of_another():
    assert keys_of("N10 1AA", "GB") == ("N10 1AA", "N10 1", "N10")


def test_elsewhere_every_beginning_is_looked_up():
    assert keys_of("50667", "DE") == ("50667", "5066", "506", "50")
    assert read_key("506", "DE") == "506"


@given(st.lists(st.integers(0, 10_000), max_size=200))
def test_every_figure_is_in_one_class_and_classes_do_not_overlap(figures: list[int]):
    found = classes(figures)
    assert len(found) <= 5
    assert all(one.least <= one.most for one in found)
    assert all(a.most < b.least for a, b in pairwise(found))
    assert all(sum(one.least <= figure <= one.most for one in found) == 1 for figure in figures)


def test_figures_for_every_thousand_people():
    assert per_thousand(67, 2_530) == 26.5
    assert per_thousand(5, 92_319) == 0.05
    assert per_thousand(5, None) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("92319", 92319), ("92,319", 92319), ("92 319", 92319), ("1.5", None), ("9,23", None), ("-4", None), ("0", None)],
)
def test_numbers_as_people_write_them(text: str, number: int | None):
    assert read_number(text) == number


def test_a_name_that_was_decoded_the_wrong_way():
    assert misread("Ynys MÃ´n") == "Ynys Môn"
    assert misread("Ynys Môn") is None
    assert misread("Oakfield") is None
