"""Named questions about areas; :class:`AreaBook` answers those that every signature and every map asks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Boolean, Integer, Select, Text, exists, false, func, select, type_coerce
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.areas.model import Area, AreaImport, AreaMap, AreaPostcode
from app.core import ready
from app.core.freshness import versions
from app.core.remember import Kept, Remembered
from app.core.text.plain import fold

#: touched whenever areas, populations or postcodes change
KEY = "areas"
A_DAY = 86_400.0


class Place(NamedTuple):
    """One area as maps and forms need it."""

    code: str
    name: str
    region_code: str
    region: str
    population: int | None
    path: str
    left: int
    top: int
    width: int
    height: int
    retired: bool


@dataclass(frozen=True)
class Places:
    """Everything that is known of areas; falsy where there are none. ``edition`` of the postcode table, None without."""

    by_code: Mapping[str, Place] = field(default_factory=dict)
    layer: str = ""
    width: int = 0
    height: int = 0
    edition: int | None = None

    def __bool__(self) -> bool:
        return bool(self.living)

    @cached_property
    def living(self) -> Sequence[Place]:
        """Those that people are counted for, by name."""
        return sorted((p for p in self.by_code.values() if not p.retired), key=lambda p: fold(p.name))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Of those."""
        return frozenset(place.code for place in self.living)

    @cached_property
    def choices(self) -> Sequence[tuple[str, str]]:
        """Code and name, as a form offers them."""
        return [(p.code, p.name) for p in self.living]

    @cached_property
    def regions(self) -> Mapping[str, str]:
        """Code of a living area to the name of its region."""
        return {p.code: p.region for p in self.living if p.region}

    @cached_property
    def has_populations(self) -> bool:
        return any(p.population for p in self.living)

    def name_of(self, code: str) -> str:
        """Its code where nothing else is known."""
        return self.by_code[code].name if code in self.by_code else code


class AreaBook:
    """One for each deployment and process: read once, and anew within a second of a change anywhere."""

    def __init__(self) -> None:
        self._version: Remembered[tuple[int]] = Remembered(seconds=1)
        self._places: Kept[Places] = Kept(A_DAY)

    def now(self, db: Session) -> Places:
        """It asks the database once a second whether anything changed."""
        stamp = self._version.get(lambda: (versions(db, [KEY]).get(KEY, 0),))
        return self._places.get(stamp, lambda: read_places(db))

    def forget(self) -> None:
        """This process changed something: ask again at once."""
        self._version.forget()


_COLUMNS: tuple[Any, ...] = (
    Area.code,
    Area.name,
    Area.region_code,
    Area.region,
    Area.population,
    Area.path,
    Area.left,
    Area.top,
    Area.width,
    Area.height,
    type_coerce(Area.retired_at.is_not(None), Boolean()),
)


def read_places(db: Session) -> Places:
    frame = db.get(AreaMap, 1, populate_existing=True)
    if frame is None:
        return Places()
    rows = db.execute(select(*_COLUMNS).order_by(Area.code))
    found = {row[0]: Place._make(row) for row in rows}
    return Places(found, frame.layer, frame.width, frame.height, frame.edition if _leads_on(db, frame) else None)


def _leads_on(db: Session, frame: AreaMap) -> bool:
    """Whether any postcode is of an area that is still there: a table of areas that are all gone is as good as none."""
    living = select(AreaPostcode.postcode).join(Area, Area.id == AreaPostcode.area_id).where(Area.retired_at.is_(None))
    return db.scalar(living.where(AreaPostcode.edition == frame.edition).limit(1)) is not None


def areas_of_postcodes(db: Session, edition: int, keys: Sequence[str]) -> Mapping[str, str]:
    """Of these postcodes and beginnings, those that the table has, and the code of each one's area."""
    given = json.dumps(list(keys)) if ready.is_sqlite(db) else list(keys)
    found = ready.rows(db, "areas of postcodes", lambda: _of_postcodes(db), {"edition": edition, "keys": given})
    return {postcode: code for postcode, code in found}


def _of_postcodes(db: Session) -> Select[*tuple[Any, ...]]:
    """However many keys: they come as one value."""
    columns: tuple[Any, ...] = (AreaPostcode.postcode, Area.code)
    found = select(*columns).join(Area, Area.id == AreaPostcode.area_id).where(Area.retired_at.is_(None))
    found = found.where(AreaPostcode.edition == ready.given("edition", Integer()))
    if ready.is_sqlite(db):
        keys = select(func.json_each(ready.given("keys", Text())).table_valued("value").c.value)
        return found.where(AreaPostcode.postcode.in_(keys))
    return found.where(AreaPostcode.postcode == func.any(ready.given("keys", ARRAY(Text()))))


class Imported(NamedTuple):
    """A file that was imported, and the name of whoever did it; none at the command line."""

    row: AreaImport
    by: str


def latest_imports(db: Session, most: int = 20) -> Sequence[Imported]:
    """The newest first."""
    rows = select(AreaImport, Account.name).outerjoin(Account, Account.id == AreaImport.by_id)
    return [Imported(row, name or "") for row, name in db.execute(rows.order_by(AreaImport.id.desc()).limit(most))]


class Coverage(NamedTuple):
    """How much is known: of living areas, how many have a population, and how many lie in the postcode table."""

    areas: int
    retired: int
    populated: int
    with_postcodes: int
    postcodes: int


def coverage(db: Session) -> Coverage:
    living = Area.retired_at.is_(None)
    frame = db.get(AreaMap, 1)
    in_table = exists().where(AreaPostcode.edition == frame.edition, AreaPostcode.area_id == Area.id) if frame else None
    counts = select(
        func.count().filter(living),
        func.count().filter(~living),
        func.count(Area.population).filter(living),
        func.count().filter(living, in_table) if in_table is not None else func.count().filter(false()),
    ).select_from(Area)
    return Coverage(*db.execute(counts).one(), frame.postcodes if frame else 0)


def public_places(db: Session) -> list[str]:
    """Paths for the site's map."""
    codes = db.scalars(select(Area.code).where(Area.retired_at.is_(None)).order_by(Area.code)).all()
    return ["/areas", *(f"/areas/{code}" for code in codes)] if codes else []
