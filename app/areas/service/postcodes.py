"""The table of postcodes: millions of rows in steps, in force all at once or not at all.

A new table is an edition of its own, which nobody reads until its number is written into the map's row. Whoever is
interrupted leaves an edition that nobody reads, and that the next import clears away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session, aliased

from app.areas.model import Area, AreaMap, AreaPostcode
from app.areas.rules.postcodes import read_key
from app.areas.rules.tables import BadTable, column
from app.areas.service.recording import Report, record
from app.core.batches import insert_many
from app.core.db import Database, rows_changed

#: rows a transaction, so that a site that runs is not held up
A_STEP = 4_000
#: postcodes with two areas, beyond which the whole table is no table of this kind
MOST_CONTESTED = 1_000
#: more refused rows than one in so many are a wrong file
ONE_IN = 10
_POSTCODE, _AREA = r"\A(pcds?|pcd7|pcd8|post ?code|zip|plz)", r"area|code\Z|cd\Z|ward|constituency"


@dataclass
class Loading:
    """How far a table has come."""

    edition: int
    codes: Mapping[str, int]
    home_country: str
    report: Report = field(default_factory=Report)
    rows: int = 0
    stored: int = 0
    contested: dict[str, int] = field(default_factory=dict)

    def note(self, rows: int, stored: int, step: Report) -> None:
        """A step is stored."""
        self.rows, self.stored = self.rows + rows, self.stored + stored
        for reason in step.reasons:
            self.report.refuse(reason)
        self.report.refused += step.refused - len(step.reasons)


def import_table(
    database: Database,
    found: Iterable[tuple[int, Sequence[str]]],
    *,
    home_country: str,
    file: str,
    by: int | None,
    now: datetime,
    say: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """Load, compare, put in force; :class:`BadTable` where it cannot be, and then nothing has changed."""
    rows = iter(found)
    postcode, area = _columns(next(rows, (0, ()))[1])
    clear_away(database)
    loading = _begin(database, home_country)
    try:
        while some := list(islice(rows, A_STEP)):
            cells = [(number, _cell(row, postcode), _cell(row, area)) for number, row in some]
            loading.note(len(some), *database.retrying(partial(_load, loading=loading, some=cells)))
            say(loading.rows)
        _check(loading)
        _drop_contested(database, loading)
        database.retrying(partial(_put_in_force, loading=loading, file=file, by=by, now=now))
    finally:
        clear_away(database)
    return loading.report


class Seen(NamedTuple):
    """A table that was looked through: how many of its rows can be used, and why others cannot."""

    usable: int
    report: Report


def look_through(database: Database, found: Iterable[tuple[int, Sequence[str]]], home_country: str) -> Seen:
    """What :func:`import_table` would refuse, without storing anything; a postcode given to two areas far apart in
    the table only shows while it is loaded."""
    rows = iter(found)
    postcode, area = _columns(next(rows, (0, ()))[1])
    loading = _begin(database, home_country)
    usable = 0
    while some := list(islice(rows, A_STEP)):
        cells, step = [(number, _cell(row, postcode), _cell(row, area)) for number, row in some], Report()
        usable += sum(1 for _row in _sound(loading, cells, step))
        loading.note(len(some), 0, step)
    _check(loading)
    for key, number in loading.contested.items():
        loading.report.refuse(_contested(key, number))
    return Seen(usable, loading.report)


def _columns(header: Sequence[str]) -> tuple[int, int]:
    if not header:
        raise BadTable("it is empty")
    postcode = column(header, "", _POSTCODE)
    rest = ["" if place == postcode else name for place, name in enumerate(header)]
    area = column(rest, "", _AREA)
    if postcode is None or area is None:
        raise BadTable(f"its headings must be postcode and area; they are {', '.join(h.strip() for h in header[:12])}")
    return postcode, area


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _begin(database: Database, home_country: str) -> Loading:
    with database.reading() as db:
        frame = db.get(AreaMap, 1)
        codes = {code: i for code, i in db.execute(select(Area.code, Area.id).where(Area.retired_at.is_(None)))}
    if frame is None or not codes:
        raise BadTable("there are no areas yet: import their boundaries first")
    return Loading((frame.edition or 0) + 1, codes, home_country)


def _load(db: Session, loading: Loading, some: Sequence[tuple[int, str, str]]) -> tuple[int, Report]:
    """One step; a postcode that another row gave to another area is contested, and belongs to neither."""
    report = Report()
    wanted = dict(_sound(loading, some, report))
    kept = select(AreaPostcode.postcode, AreaPostcode.area_id).where(
        AreaPostcode.edition == loading.edition, AreaPostcode.postcode.in_(wanted)
    )
    there = {key: area for key, area in db.execute(kept)} if wanted else {}
    new = []
    for key, (number, area) in wanted.items():
        if key not in there:
            new.append({"edition": loading.edition, "postcode": key, "area_id": area})
        elif there[key] != area:
            loading.contested.setdefault(key, number)
    insert_many(db, AreaPostcode.__table__, sorted(new, key=lambda row: str(row["postcode"])))  # type: ignore[arg-type]
    return len(new), report


def _sound(
    loading: Loading, some: Sequence[tuple[int, str, str]], report: Report
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Rows that can be used, each postcode once."""
    seen: dict[str, int] = {}
    for number, postcode, code in some:
        key, area = read_key(postcode, loading.home_country), loading.codes.get(code)
        if key is None:
            report.refuse(f"row {number}: ‘{postcode[:20]}’ is neither a postcode nor the beginning of some")
        elif area is None:
            report.refuse(
                f"row {number}: no area has the code ‘{code[:30]}’" if code else f"row {number}: it names no area"
            )
        elif seen.setdefault(key, area) != area:
            loading.contested.setdefault(key, number)
        else:
            yield key, (number, area)


def _check(loading: Loading) -> None:
    report, rows = loading.report, loading.rows
    if not rows:
        raise BadTable("it has no rows below its headings")
    if report.refused * ONE_IN > rows:
        raise BadTable(f"{report.refused:,} of its {rows:,} rows cannot be used, so nothing was stored.{report.first}")
    if len(loading.contested) > MOST_CONTESTED:
        raise BadTable(f"more than {MOST_CONTESTED:,} postcodes are given to two areas each, so nothing was stored")


def _drop_contested(database: Database, loading: Loading) -> None:
    for key, number in loading.contested.items():
        loading.report.refuse(_contested(key, number))
    if not loading.contested:
        return
    gone = delete(AreaPostcode).where(
        AreaPostcode.edition == loading.edition, AreaPostcode.postcode.in_(list(loading.contested))
    )
    loading.stored -= database.retrying(lambda db: rows_changed(db.execute(gone)))


def _contested(key: str, number: int) -> str:
    return f"row {number}: {key} is given to another area above; it is counted for neither"


def _put_in_force(db: Session, loading: Loading, file: str, by: int | None, now: datetime) -> None:
    frame = db.get(AreaMap, 1, with_for_update=True, populate_existing=True)
    assert frame is not None
    report, count = loading.report, _count(db, loading.edition)
    if (frame.edition or 0) + 1 != loading.edition or count != loading.stored:
        raise BadTable("another table was imported meanwhile, so this one was not stored; import it again")
    same, other = _compared(db, frame.edition, loading.edition)
    report.unchanged, report.updated, report.created = same, other, count - same - other
    report.retired = frame.postcodes - same - other
    if report.changed:
        frame.edition, frame.postcodes = loading.edition, count
    record(db, "postcodes", file, report, by=by, now=now)


def _count(db: Session, edition: int) -> int:
    return db.scalar(select(func.count()).select_from(AreaPostcode).where(AreaPostcode.edition == edition)) or 0


def _compared(db: Session, old: int | None, new: int) -> tuple[int, int]:
    """How many postcodes of the table in force have the same area in the new one, and how many another."""
    if old is None:
        return 0, 0
    before, after = aliased(AreaPostcode), aliased(AreaPostcode)
    both = and_(before.edition == old, after.edition == new, before.postcode == after.postcode)
    same = func.count().filter(before.area_id == after.area_id)
    counts = select(same, func.count()).select_from(before).join(after, both)
    unchanged, all_of_them = db.execute(counts).one()
    return unchanged, all_of_them - unchanged


def clear_away(database: Database) -> None:
    """Editions that are not in force, some rows at a time."""
    while database.retrying(_clear_some):
        pass


def _clear_some(db: Session) -> int:
    in_force = db.scalar(select(AreaMap.edition)) or 0
    ends = (db.scalar(select(func.min(AreaPostcode.edition))), db.scalar(select(func.max(AreaPostcode.edition))))
    edition = next((e for e in ends if e is not None and e != in_force), None)
    if edition is None:
        return 0
    of_it = AreaPostcode.edition == edition
    some = db.scalars(select(AreaPostcode.postcode).where(of_it).order_by(AreaPostcode.postcode).limit(A_STEP)).all()
    db.execute(delete(AreaPostcode).where(of_it, AreaPostcode.postcode <= some[-1]))
    return len(some)
