"""How many people live in each area: a table joined by code or by name, never by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.model import Area
from app.areas.rules.tables import BadTable, column, misread, read_number
from app.areas.service.recording import Report, record
from app.core.text.plain import fold, tidy_line

MOST_ROWS = 20_000
_POPULATION = r"popul|resident|inhabit|people|einwohner"
_AREA = r"code\Z|cd\Z|\Aid\Z"


class Row(NamedTuple):
    """``area`` is a code or a name; ``figure`` None where there is no number."""

    number: int
    area: str
    figure: int | None
    said: str


@dataclass(frozen=True)
class Columns:
    """Headings that were given, or empty."""

    area: str = ""
    population: str = ""


def read_table(found: Iterable[tuple[int, Sequence[str]]], given: Columns) -> list[Row]:
    """The rows below the headings; :class:`BadTable` where no column can be told."""
    rows = iter(found)
    _number, header = next(rows, (0, ()))
    if not header:
        raise BadTable("it is empty")
    figure = column(header, given.population, _POPULATION)
    area = column(header, given.area, _AREA)
    if figure is None and len(header) == 2:
        figure = 1
    if figure is None:
        there = ", ".join(h.strip() for h in header[:12])
        raise BadTable(f"which of its columns says how many people cannot be told; they are {there}", "--population")
    area = next(place for place in range(len(header) + 1) if place != figure) if area is None else area
    made: list[Row] = []
    for number, cells in rows:
        if len(made) >= MOST_ROWS:
            raise BadTable(f"it has more than {MOST_ROWS:,} rows")
        said = cells[figure].strip() if figure < len(cells) else ""
        made.append(Row(number, tidy_line(cells[area]) if area < len(cells) else "", read_number(said), said))
    return made


def store(db: Session, rows: Sequence[Row], *, file: str, by: int | None, now: datetime) -> Report:
    """What is sound is stored, what is not is reported; where not even half is, nothing is: :class:`BadTable`."""
    fitting, report = _joined(db.scalars(select(Area).order_by(Area.id).with_for_update()).all(), rows)
    for area, row in fitting:
        area.population = row.figure
    db.flush()
    record(db, "populations", file, report, by=by, now=now)
    return report


def compare(db: Session, rows: Sequence[Row]) -> Report:
    """What :func:`store` would do with them; nothing is changed."""
    return _joined(db.scalars(select(Area).order_by(Area.id)).all(), rows)[1]


def _joined(areas: Sequence[Area], rows: Sequence[Row]) -> tuple[list[tuple[Area, Row]], Report]:
    """Each row that can be used with its area, and what that changes."""
    if not areas:
        raise BadTable("there are no areas yet: import their boundaries first")
    report = Report()
    fitting = _fitting(areas, rows, report)
    if len(fitting) * 2 < len(rows) or not fitting:
        raise BadTable(
            f"only {len(fitting):,} of its {len(rows):,} rows can be used, so nothing was stored.{report.first}"
        )
    for area, row in fitting:
        name = "unchanged" if area.population == row.figure else "updated" if area.population else "created"
        setattr(report, name, getattr(report, name) + 1)
    return fitting, report


def _fitting(areas: Sequence[Area], rows: Sequence[Row], report: Report) -> list[tuple[Area, Row]]:
    """Rows with the area that each is of."""
    by_code, by_name = {a.code: a for a in areas}, defaultdict(list)
    for area in areas:
        if area.retired_at is None:
            by_name[fold(area.name)].append(area)
    total = sum(row.figure or 0 for row in rows)
    found: dict[str, tuple[Area, Row]] = {}
    for row in rows:
        named = [by_code[row.area]] if row.area in by_code else by_name.get(fold(row.area), [])
        if fault := _fault(row, named, by_name, total) or _repeats(row, named, found):
            report.refuse(f"row {row.number}: {fault}")
        else:
            found[named[0].code] = (named[0], row)
    return list(found.values())


def _fault(row: Row, named: Sequence[Area], by_name: Mapping[str, object], total: int) -> str:
    if not row.area:
        return "it names no area"
    if not named:
        return f"no area is called ‘{row.area[:60]}’{_hint(row, by_name, total)}"
    if len(named) > 1:
        return f"{len(named)} areas are called ‘{row.area}’; give their codes"
    if row.figure is None or row.figure > 2_000_000_000:
        return f"‘{row.said[:30]}’ is no number of people ({row.area})"
    return ""


def _hint(row: Row, by_name: Mapping[str, object], total: int) -> str:
    """What the reader of the report may want to know; nothing is taken for granted."""
    before = misread(row.area)
    if before is not None and fold(before) in by_name:
        return f" (its letters were decoded the wrong way: ‘{before}’?)"
    if row.figure is not None and row.figure * 2 == total:
        return " (its figure is the sum of all others: a total)"
    return ""


def _repeats(row: Row, named: Sequence[Area], found: Mapping[str, tuple[Area, Row]]) -> str:
    earlier = found.get(named[0].code)
    return f"{named[0].name} has its figure in row {earlier[1].number} already" if earlier else ""
