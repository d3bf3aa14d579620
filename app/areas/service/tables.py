"""Reading a table from a file, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from app.areas.rules.tables import BadTable

#: no row of these tables is longer
MOST_IN_A_CELL = 10_000


def rows(file: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Of a file on this machine."""
    with file.open("rb") as opened:
        yield from rows_of(opened)


def rows_of(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str]]]:
    """Number (as a spreadsheet counts them, headings too) and cells of every row that is not empty. Reads it to its end,
    and closes it."""
    csv.field_size_limit(MOST_IN_A_CELL)
    number, lines = 0, TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        for number, cells in enumerate(csv.reader(_in_utf8(lines), strict=True), start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except UnicodeEncodeError as wrong:
        raise BadTable(f"it is not in UTF-8 (row {number + 1}); save it as “CSV UTF-8”") from wrong
    except csv.Error as wrong:
        raise BadTable(f"row {number + 1} is no row of a CSV table ({wrong})") from wrong


def _in_utf8(lines: Iterable[str]) -> Iterator[str]:
    """Line by line: a decoder reads ahead, and would not know in which row it stumbled."""
    for line in lines:
        if not line.isascii():
            line.encode()
        yield line
