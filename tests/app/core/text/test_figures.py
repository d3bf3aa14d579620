"""Whole numbers in forms and addresses."""

from __future__ import annotations

import pytest

from app.core.text.figures import is_whole


@pytest.mark.parametrize("text", ["0", "7", "007", "9" * 18])
def test_what_is_taken_is_a_number_a_database_holds(text: str) -> None:
    assert is_whole(text)
    assert 0 <= int(text) < 2**63


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1 ", "1_000", "9" * 19, "²", "٣", "①", "seven", "\0"])
def test_whatever_only_looks_like_one_is_refused(text: str) -> None:
    """``"²".isdigit()`` is true and ``int("²")`` raises."""
    assert not is_whole(text)


def test_fewer_figures_where_fewer_make_sense() -> None:
    assert is_whole("123", figures=3)
    assert not is_whole("1234", figures=3)
