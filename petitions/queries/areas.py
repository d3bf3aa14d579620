"""Where signers live, as the public reads it: by area and by region of one petition, by petition of one area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, Select, case, select, type_coerce
from sqlalchemy.orm import Session

from app.areas.contribution import LocalThing
from app.areas.queries import Places
from app.areas.rules.classes import per_thousand
from app.areas.rules.withholding import withheld_by_region
from app.core import ready
from petitions.model.petition import AreaCount, AreaFigures, Petition
from petitions.rules.lifecycle import STATE_NAMES, PetitionState

_PUBLIC = (PetitionState.OPEN, PetitionState.CLOSED)
#: of an area's signatures, those that may be told
SHOWN = AreaCount.imported + case((AreaCount.withheld, 0), else_=AreaCount.seen)


class AreaFigure(NamedTuple):
    """One area's signatures that may be shown; ``rate``: per thousand people, where it is known how many live there."""

    code: str
    name: str
    representative: str | None
    signatures: int
    population: int | None
    rate: float | None


_CODE, _NAME, _SIGNATURES = attrgetter("code"), attrgetter("name"), attrgetter("signatures")


class RegionFigure(NamedTuple):
    code: str
    name: str
    signatures: int


class WhereSigned(NamedTuple):
    """Everything that may be said, most signatures first. ``at`` is the instant it was so; None: only a source's figures.

    ``kept_back`` areas are not shown, from ``unplaced`` signatures at home nobody knows the area.
    """

    areas: Sequence[AreaFigure]
    regions: Sequence[RegionFigure]
    kept_back: int
    unplaced: int
    at: datetime | None

    def __bool__(self) -> bool:
        return bool(self.areas or self.at)


def where_signed(db: Session, places: Places, petition_id: int) -> WhereSigned:
    """By area and by region; nothing that is kept back is in it, nor can it be worked out from it."""
    values = {"petition": petition_id}
    rows = [_Row._make(row) for row in ready.rows(db, "areas of a petition", _rows_of, values)]
    areas = _ordered([area for row in rows if (area := _figure(places, row)).signatures > 0])
    figures = ready.rows(db, "figures by area", _figures_of, values)
    if not figures:
        return WhereSigned(areas, (), 0, 0, None)
    ((unplaced, at),) = figures
    known = {row.code for row in rows}
    visible = sum([row.seen >= 1 and not row.withheld for row in rows])
    kept_back = len(known.union(places.codes)) - visible
    return WhereSigned(areas, _regions(places, rows), kept_back, unplaced, at)


def foremost_areas(db: Session, places: Places, petition_id: int, most: int) -> Sequence[AreaFigure]:
    """Those from which most have signed, of what may be told."""
    rows = ready.rows(db, "foremost areas", _foremost, {"petition": petition_id, "most": most})
    return [_figure(places, _Row._make(row)) for row in rows]


class _Row(NamedTuple):
    code: str
    name: str
    representative: str | None
    imported: int
    seen: int
    withheld: int  # as either database has it: 1 or True


def _rows_of() -> Select[*tuple[Any, ...]]:
    columns: tuple[Any, ...] = (
        AreaCount.code,
        AreaCount.name,
        AreaCount.representative,
        AreaCount.imported,
        AreaCount.seen,
        type_coerce(AreaCount.withheld, Integer()),
    )
    return select(*columns).where(AreaCount.petition_id == ready.given("petition", BigInteger()))


def _figures_of() -> Select[*tuple[Any, ...]]:
    columns: tuple[Any, ...] = (AreaFigures.unplaced, AreaFigures.at)
    return select(*columns).where(AreaFigures.petition_id == ready.given("petition", BigInteger()))


def _foremost() -> Select[*tuple[Any, ...]]:
    ordered = _rows_of().where(SHOWN > 0).order_by(SHOWN.desc(), AreaCount.code)
    return ordered.limit(ready.given("most", BigInteger()))


def _figure(places: Places, row: _Row) -> AreaFigure:
    """What is withheld is ours; the source's figure is public already."""
    code, name, representative, imported, seen, withheld = row
    shown, place = imported if withheld else imported + seen, places.by_code.get(code)
    if place is None:
        return AreaFigure(code, name or code, representative, shown, None, None)
    population = place.population
    return AreaFigure(code, place.name, representative, shown, population, per_thousand(shown, population))


def _ordered(areas: list[AreaFigure]) -> list[AreaFigure]:
    """By signatures, name and code: of hundreds, three rounds by one thing each take a third of one round by three."""
    areas.sort(key=_CODE)
    areas.sort(key=_NAME)
    areas.sort(key=_SIGNATURES, reverse=True)
    return areas


def _regions(places: Places, rows: Sequence[_Row]) -> Sequence[RegionFigure]:
    """Sums of those that may be told; none while an import has moved areas and the figures are still of before."""
    if not places.regions:
        return ()
    seen = dict.fromkeys(places.codes, 0) | {row.code: row.seen for row in rows}
    now = withheld_by_region(seen, places.regions)
    if any((row.code in now.areas) != row.withheld for row in rows):
        return ()
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        place = places.by_code.get(row.code)
        if place is not None and place.region and place.region not in now.regions:
            sums[place.region_code, place.region] += row.imported + row.seen
    found = [RegionFigure(code, name, count) for (code, name), count in sums.items() if count]
    return sorted(found, key=lambda region: (-region.signatures, region.name))


def most_signed_in(db: Session, code: str, is_open: bool, most: int, now: datetime) -> Sequence[LocalThing]:
    """Petitions that most people of an area have signed, by what may be told of it; open ones or all that were."""
    columns: tuple[Any, ...] = (Petition.id, Petition.action, Petition.state, Petition.signature_count, SHOWN)
    found = (
        select(*columns)
        .join(AreaCount, AreaCount.petition_id == Petition.id)
        .where(AreaCount.code == code, SHOWN > 0)
        .order_by(SHOWN.desc(), Petition.id.desc())
        .limit(most)
    )
    if is_open:
        found = found.where(Petition.state == PetitionState.OPEN, Petition.closes_at > now)
    else:
        found = found.where(Petition.state.in_(_PUBLIC))
    return [
        LocalThing("petition", i, action, f"/petitions/{i}", here, everywhere, str(STATE_NAMES[PetitionState(state)]))
        for i, action, state, everywhere, here in db.execute(found)
    ]


def areas_that_want(db: Session, places: Places, petition_id: int, *, a_thousand: float, people: int) -> Sequence[str]:
    """Codes of the areas where it is news: so many of a thousand have signed, or so many people where none knows how
    many live there."""
    found = where_signed(db, places, petition_id).areas
    return [
        area.code
        for area in found
        if area.code in places.codes
        and (
            area.signatures >= people
            if area.population is None
            else area.signatures * 1000 >= a_thousand * area.population
        )
    ]
