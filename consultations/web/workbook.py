"""Excel files that are sent while they are made: however many rows, no more than a few hundred of them in memory.

A file is a ZIP archive of XML. Its parts are written to a sink that cannot go back, and whatever has gathered there
is handed on. Words stand in their cells as they are, never as formulas.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from app.core.text.plain import csv_cell
from app.core.text.sheet import Cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: rows of a sheet, and characters of a cell, past which Excel opens no file
MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_000
#: what XML 1.0 has no place for
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OF_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: the first row stays in sight
_BEGIN = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_END = "</sheetData></worksheet>"

#: a sheet's name, and its rows, some at a time
Sheet = tuple[str, Iterable[Iterable[Sequence[Cell]]]]


def workbook(sheets: Sequence[Sheet]) -> Generator[bytes, None, None]:
    """The bytes of the file, in pieces."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=4) as package:  # type: ignore[call-overload]
        for path, content in _frame([name for name, _rows in sheets]).items():
            package.writestr(path, content)
        for number, (_name, steps) in enumerate(sheets, start=1):
            with package.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(_BEGIN.encode())
                for rows in steps:
                    part.write("".join(map(_row, rows)).encode())
                    if sink.waiting:
                        yield sink.taken()
                part.write(_END.encode())
    yield sink.taken()


def guarded(cell: Cell) -> Cell:
    """Nothing in it computes, and nothing in it breaks the file."""
    return csv_cell(_NOT_IN_XML.sub("", cell))[:MOST_CHARACTERS] if isinstance(cell, str) else cell


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(guarded(cell)))}</t></is></c>'


def _frame(names: Sequence[str]) -> dict[str, str]:
    """Everything of the file but its sheets, by path."""
    places = list(enumerate(names, start=1))
    sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in places)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _name in places
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_OF_SHEETS}.worksheet+xml"/>'
        for n, _name in places
    )
    book = f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OF_SHEETS}.sheet.main+xml"/>{kinds}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{book}</Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }


class _Sink:
    """Takes what is written and gives it away; it cannot go back, so the archive never tries to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    @property
    def waiting(self) -> bool:
        return bool(self._pieces)

    def write(self, some: bytes) -> int:
        self._pieces.append(bytes(some))
        return len(some)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole
