"""An Excel file that is made while it is sent opens like any other."""

from __future__ import annotations

import io
from collections.abc import Iterator
from zipfile import ZipFile

from openpyxl import load_workbook

from consultations.web.workbook import MOST_CHARACTERS, workbook


def test_cells_hold_what_was_written_and_compute_nothing() -> None:
    rows = [("=1+1", 3, None), ('\x0b<&>"\u2603\n\U0001f6a2 ', "", "y" * 40_000)]
    made = b"".join(workbook([("Responses", iter([[("a", "b", "c")], rows])), ("What & why", [[("k",)]])]))
    book = load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["Responses", "What & why"]
    first, second, third = book["Responses"].values
    assert (first, second) == (("a", "b", "c"), ("'=1+1", 3, None))
    assert third == ('<&>"\u2603\n\U0001f6a2 ', None, "y" * MOST_CHARACTERS)
    assert book["Responses"].freeze_panes == "A2"
    assert ZipFile(io.BytesIO(made)).testzip() is None


def test_the_first_bytes_leave_before_the_last_rows_are_asked_for() -> None:
    asked: list[int] = []

    def steps() -> Iterator[list[tuple[str]]]:
        for n in range(50):
            asked.append(n)
            yield [(f"row {n} " + "".join(map(chr, range(300, 1200))),)]

    parts = workbook([("Responses", steps())])
    assert next(parts)
    assert len(asked) < 50
    parts.close()
