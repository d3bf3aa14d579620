"""The published figures of the service as open data: the rows of its own tables, typed.

It stands here because what is measured and what is catalogued are neighbours that do not know each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.text.sheet import Cell
from app.opendata.contribution import At, Column, Dataset, Frequency, Kind, Row, Some, Value
from app.performance.contribution import Column as Told
from app.performance.web import datasets as tables

_READ: Mapping[Kind, Callable[[Any], Value]] = {
    Kind.DAY: date.fromisoformat,
    Kind.DECIMAL: Decimal,
    Kind.YES_NO: lambda cell: cell == "true",
}
#: never empty
_ALWAYS = frozenset(
    {"period", "first_day", "last_day", "withheld", "day", "what", "minutes", "journey", "month", "step"}
)
MEASURE = Column(
    "measure", Kind.TEXT, _("Which figure: its part of the page’s address, such as signing-completion."), required=True
)
ASKED = Column("asked", Kind.TEXT, _("Where people were asked how it was."), required=True)


def datasets(site: Any) -> list[Dataset]:
    """``site``: the :class:`app.site.Site`; what rooms measure may still be added."""
    return [
        _dataset(
            "service-figures",
            _("How the service does"),
            _(
                "Each measure by week and month: how many of how many, or how long things took. Figures of few are withheld."
            ),
            (MEASURE, *map(_column, tables.OF_MEASURE)),
            ("measure", "period", "first_day"),
            partial(_several, site, lambda: site.measures),
        ),
        _dataset(
            "service-satisfaction",
            _("How people found it"),
            _("How many people gave each of five answers, by where they were asked and by month."),
            (ASKED, *map(_column, tables.OF_OPINIONS)),
            ("asked", "month"),
            partial(_several, site, lambda: site.askings),
        ),
        _dataset(
            "service-uptime",
            _("Uptime"),
            _("Minutes in which the site was up, by day."),
            tuple(map(_column, tables.OF_UPTIME)),
            ("day", "what"),
            partial(_one, site, tables.UPTIME, tables.OF_UPTIME),
        ),
        _dataset(
            "service-steps",
            _("How far people come"),
            _("How often each step of a journey was made, by month."),
            tuple(map(_column, tables.OF_STEPS)),
            ("journey", "month", "step"),
            partial(_one, site, tables.STEPS, tables.OF_STEPS),
        ),
    ]


def _dataset(
    key: str, title: str, about: str, columns: Sequence[Column], keyed_by: Sequence[str], rows: Callable[..., Some]
) -> Dataset:
    return Dataset(
        key=key,
        title=title,
        about=about,
        columns=columns,
        keyed_by=keyed_by,
        rows=rows,
        page="/performance",
        keywords=(_("performance"), _("service")),
        frequency=Frequency.DAILY,
    )


def _column(told: Told) -> Column:
    return Column(told.name, Kind(told.datatype), told.about, required=told.name in _ALWAYS)


def _several(site: Any, keys: Callable[[], Mapping[str, Any]], db: Session, at: At, cursor: Any, _most: int) -> Some:
    """One table after another, in the order of their keys, which stand in the first column."""
    left = [key for key in sorted(keys()) if cursor is None or key > cursor]
    if not left:
        return Some((), None)
    columns = tables.OF_MEASURE if left[0] in site.measures else tables.OF_OPINIONS
    rows: list[Row] = [(left[0], *row) for row in _typed(site, left[0], columns, db, at)]
    return Some(rows, left[0] if len(left) > 1 else None)


def _one(site: Any, key: str, columns: Sequence[Told], db: Session, at: At, _cursor: Any, _most: int) -> Some:
    return Some(list(_typed(site, key, columns, db, at)), None)


def _typed(site: Any, key: str, columns: Sequence[Told], db: Session, at: At) -> Iterable[Row]:
    _head, *rows = tables.rows(db, site, key, at.now) or ((),)
    kinds = [Kind(column.datatype) for column in columns]
    return [tuple(_value(kind, cell) for kind, cell in zip(kinds, row, strict=True)) for row in rows]


def _value(kind: Kind, cell: Cell) -> Value:
    return cell if cell is None or kind not in _READ else _READ[kind](cell)
