"""What an administrator types of a report is read, or refused in words."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.errors import BadField
from app.performance.rules.reports import (
    check_day,
    is_old,
    read_count,
    read_how,
    read_link,
    read_problems,
    read_standard,
)

TODAY = date(2026, 3, 2)


def test_a_report_is_old_after_a_year():
    assert not is_old(date(2025, 3, 2), TODAY)
    assert is_old(date(2025, 3, 1), TODAY)


def test_problems_stand_one_a_line():
    assert read_problems(" A picture has no words. \n\n\tA button is too small.") == (
        "A picture has no words.",
        "A button is too small.",
    )
    assert read_problems("") == ()


def test_a_count_is_a_whole_number():
    assert (read_count("0"), read_count(" 1,204 ")) == (0, 1_204)


def test_a_link_may_be_left_out():
    assert (read_link(""), read_link(" https://example.org/report.pdf ")) == ("", "https://example.org/report.pdf")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: read_count("many"),
        lambda: read_count("-1"),
        lambda: read_count("٣"),
        lambda: read_count("100001"),
        lambda: read_count("9" * 400),
        lambda: read_count(""),
        lambda: read_link("javascript:alert(1)"),
        lambda: read_link("https://example.org/ two"),
        lambda: read_link("https://example.org/" + "x" * 500),
        lambda: read_problems("x\n" * 51),
        lambda: read_problems("x" * 501),
        lambda: read_how("x" * 501),
        lambda: read_standard("  "),
        lambda: read_standard("x" * 201),
        lambda: check_day(date(2026, 3, 3), TODAY),
        lambda: check_day(date(1999, 12, 31), TODAY),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong):
    with pytest.raises(BadField) as refused:
        wrong()
    assert str(refused.value.message).endswith(".")
