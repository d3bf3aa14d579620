"""Tables in files: CSV and spreadsheets read into words row by row, and refused where they cannot be meant."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.files.rules.kinds import Kind
from consultations.rules.importing import MOST_CELL, MOST_COLUMNS, MOST_ROWS

#: of all parts of a spreadsheet together, unpacked
MOST_UNPACKED = 100_000_000
#: empty rows in a row after which nothing is expected any more
MOST_EMPTY = 1_000
_A_CHUNK = 65_536


class Table(NamedTuple):
    """``rows`` of (number as the spreadsheet counts, cells by name of column); empty rows are left out."""

    header: list[str]
    rows: list[tuple[int, dict[str, str]]]


def read_table(file: IO[bytes], kind: Kind) -> Table:
    """A checked file; raises :class:`BadField` with what to do about it."""
    file.seek(0)
    if kind is Kind.XLSX:
        return _table(_of_workbook(file))
    if kind is Kind.CSV:
        return _table(_of_csv(file.read()))
    raise BadField(_("Save the table as CSV (UTF-8) or as an Excel spreadsheet (.xlsx)."))


def _table(lines: Iterator[tuple[int, Sequence[str]]]) -> Table:
    _first, names = next(lines, (0, ()))
    header = [name.strip().casefold() for name in names]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise BadField(_("The first row must hold the names of the columns, as in the template."))
    if len(header) > MOST_COLUMNS:
        raise BadField(_("The table has too many columns."))
    if "" in header:
        raise BadField(_("A column has no name in the first row."))
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise BadField(_("Row {row} has more cells than there are columns.").format(row=number))
        if len(rows) >= MOST_ROWS:
            raise BadField(_("The table has more than {most} rows. Split it.").format(most=f"{MOST_ROWS:,}"))
        if any(len(cell) > MOST_CELL for cell in cells):
            raise BadField(_("A cell of row {row} is too long.").format(row=number))
        rows.append((number, dict(zip(header, cells, strict=False))))
    if not rows:
        raise BadField(_("The table has no rows below the names of the columns."))
    return Table(header, rows)


def _of_csv(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(content)
    if "\0" in text:
        raise BadField(_("The file is not a table of text."))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1)
    except csv.Error:
        raise BadField(
            _("The table cannot be read: a quotation mark is not closed, or stands where it may not.")
        ) from None


def _decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 that says so; anything else would be guessed, and names would be wrong."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise BadField(_('The file is not in UTF-8. In your spreadsheet program, save it as "CSV UTF-8".')) from None


def _of_workbook(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str]]]:
    """The first sheet. What a formula would compute is not known here, and who merged cells meant several at once."""
    from openpyxl import load_workbook  # 8 MB of a process, which most never need

    _check_parts(file)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        empty = 0
        for number, row in enumerate(book.worksheets[0].iter_rows(max_col=MOST_COLUMNS + 1), start=1):
            cells = [_words(cell, number) for cell in row]
            empty = 0 if any(cells) else empty + 1
            if empty > MOST_EMPTY:
                return
            yield number, cells
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, zipfile.BadZipFile, SyntaxError) as wrong:
        if isinstance(wrong, BadField):
            raise
        raise BadField(_("The spreadsheet cannot be read. Save it again, or as CSV (UTF-8).")) from wrong


def _check_parts(file: IO[bytes]) -> None:
    unpacked = 0
    try:
        with zipfile.ZipFile(file) as parts:
            for part in parts.infolist():
                unpacked += part.file_size
                if unpacked > MOST_UNPACKED:
                    raise BadField(_("The spreadsheet is too large when it is unpacked."))
            for part in parts.infolist():
                if part.filename.endswith(".xml"):
                    _check_xml(parts, part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as wrong:
        raise BadField(_("The spreadsheet cannot be read. Save it again, or as CSV (UTF-8).")) from wrong


def _check_xml(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    is_sheet, before = part.filename.startswith("xl/worksheets/"), b""
    with parts.open(part) as content:
        while chunk := content.read(_A_CHUNK):
            both, before = before + chunk, chunk[-16:]
            if b"<!DOCTYPE" in both or b"<!ENTITY" in both:
                raise BadField(_("The spreadsheet cannot be read. Save it again, or as CSV (UTF-8)."))
            if is_sheet and b"<mergeCell " in both:
                raise BadField(_("The spreadsheet has merged cells. Take them apart, so that each row stands alone."))


def _words(cell: Any, row: int) -> str:
    if getattr(cell, "data_type", "") == "f":
        raise BadField(_("Row {row} has a formula. Put its value in its place.").format(row=row))
    match cell.value:
        case None:
            return ""
        case bool(yes):
            return "yes" if yes else "no"
        case float(number):
            return str(int(number)) if number.is_integer() else repr(number)
        case datetime() as instant:
            return instant.date().isoformat() if instant.time() == time(0) else instant.isoformat()
        case date() as day:
            return day.isoformat()
        case value:
            return str(value)
