"""A table opens in a spreadsheet as it was, and computes nothing there."""

from __future__ import annotations

import csv
import io

from app.core.text.sheet import lines


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_words_with_commas_quotes_and_lines_come_back_as_they_were():
    row = ["one, two", 'said "no"', "first\nsecond", "Llanfair­pwll", ""]
    assert read(lines([row])) == [row]


def test_what_would_compute_gets_an_apostrophe_and_numbers_stay_numbers():
    formulas = ["=1+1", "+441234", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    assert read(lines([[*formulas, -1, 0, None]])) == [[f"'{f}" for f in formulas] + ["-1", "0", ""]]


def test_a_line_ends_as_the_standard_has_it():
    assert lines([("hour", "signatures"), ("10", 2)]) == "hour,signatures\r\n10,2\r\n"
