"""Tables for spreadsheets: CSV as RFC 4180 has it, in which no cell computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from app.core.text.plain import csv_cell

CSV = "text/csv; header=present"  # in UTF-8, which every answer of text says of itself
#: tells spreadsheets that the file is UTF-8; without it some read names as Mojibake
MARK = "\ufeff"

Cell = str | int | None


def lines(rows: Iterable[Sequence[Cell]]) -> str:
    """One line a row, CRLF at its end; words that a program would compute get an apostrophe before them."""
    made = io.StringIO(newline="")
    csv.writer(made).writerows([csv_cell(c) if isinstance(c, str) else c for c in row] for row in rows)
    return made.getvalue()
