"""Where the signers of a petition live: a map beside its table, and the same as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.queries import KEY, AreaBook, Places
from app.areas.web.choropleth import Drawn, Told, choropleth
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.people.places import country_name
from app.core.text import sheet
from app.core.text.sheet import CSV
from app.core.web.edge import shows
from app.core.web.page import public
from petitions import queries
from petitions.model.petition import Petition
from petitions.queries.areas import AreaFigure, WhereSigned, where_signed
from petitions.service.area_figures import figures_key
from petitions.web.addressed import JSON, OPEN_DATA, headed, readable
from petitions.web.uk import instant

COUNT, RATE = "count", "thousand"


@shows("/petitions/{ref:str}/map", name="petitions.map")
def area_map(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """Signatures per thousand people where it is known how many live where, else per area; ``?by=`` says which."""
    petition = headed(db, request.path_params["ref"])
    places = request.app.state.site.dependencies["areas"].now(db)
    where = _where(db, places, petition)
    by = request.query_params.get("by", "")
    by = by if by in (COUNT, RATE) and places.has_populations else RATE if places.has_populations else COUNT
    told = _told(where)
    drawn = _drawn(places, where, by, told) if places and where else None
    countries = [(country_name(c.country), c.imported + c.validated) for c in queries.countries(db, petition.id)]
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/map.html",
        keys=_keys(petition),
        petition=petition,
        places=places,
        where=where,
        rows=_lines(places, _ordered(where, by), told),
        by=by,
        drawn=drawn,
        fixed=drawn.outlines if drawn else None,
        countries=countries,
    )
    return response


def _where(db: Session, places: Places, petition: Petition) -> WhereSigned:
    """A site without areas has a page only of what a source stated."""
    where = where_signed(db, places, petition.id)
    if not places and not where:
        raise NotFound
    return where


def _keys(petition: Petition) -> tuple[str, ...]:
    return f"petition:{petition.id}", figures_key(petition.id), KEY


def _ordered(where: WhereSigned, by: str) -> list[AreaFigure]:
    if by == COUNT:
        return list(where.areas)
    ordered = sorted(where.areas, key=lambda area: area.name)
    ordered.sort(key=lambda area: area.rate or 0.0, reverse=True)
    return ordered


def _told(where: WhereSigned) -> Told:
    """By code: signatures and their rate, as they stand on the map and in the table; the rate is empty where nobody
    knows how many live there."""
    return {
        code: (f"{signatures:,}", "" if rate is None else str(rate))
        for code, _name, _representative, signatures, _population, rate in where.areas
    }


def _lines(places: Places, areas: Sequence[AreaFigure], told: Told) -> Sequence[tuple[str, ...]]:
    """Of each row of the table: the code of an area that has a page, its name and its figures."""
    return [(area.code if area.code in places.codes else "", area.name, *told[area.code]) for area in areas]


def _drawn(places: Places, where: WhereSigned, by: str, told: Told) -> Drawn:
    figures = {area.code: area.signatures if by == COUNT else area.rate for area in where.areas}
    known = {code: figure for code, figure in figures.items() if figure is not None}
    return choropleth(places, known, told, _words)


def _words(name: str, count: str = "", rate: str = "") -> str:
    """What is said of an area under the pointer."""
    if not count:
        return _("{name}: not shown").format(name=name)
    if not rate:
        return _("{name}: {count} signatures").format(name=name, count=count)
    return _("{name}: {count} signatures, {rate} for every 1,000 people").format(name=name, count=count, rate=rate)


@get("/petitions/{ref:str}/areas.json", name="petitions.areas-json", guards=[anyone], sync_to_thread=True)
def areas_json(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    areas: NamedDependency[AreaBook],
    ref: FromPath[str],
) -> Response[bytes]:
    """Signatures by area and by region; ``kept_back`` areas are left out, because so few signed or so that nobody can
    work those out."""
    petition, places = readable(db, ref), areas.now(db)
    where = _where(db, places, petition)
    facts = {
        "id": petition.id,
        "at": instant(where.at),
        "areas": [_facts(area) for area in where.areas],
        "regions": [{"code": r.code, "name": r.name, "signature_count": r.signatures} for r in where.regions],
        "kept_back": where.kept_back,
        "unplaced": where.unplaced,
    }
    return public(msgspec.json.encode(facts), JSON, keys=_keys(petition), headers=OPEN_DATA)


def _facts(area: AreaFigure) -> dict[str, Any]:
    return {
        "code": area.code,
        "name": area.name,
        "signature_count": area.signatures,
        "population": area.population,
        "per_thousand": area.rate,
    }


@get("/petitions/{ref:str}/areas.csv", name="petitions.areas-csv", guards=[anyone], sync_to_thread=True)
def areas_csv(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    areas: NamedDependency[AreaBook],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = readable(db, ref)
    where = _where(db, areas.now(db), petition)
    rows = [
        (area.code, area.name, area.signatures, area.population, "" if area.rate is None else str(area.rate))
        for area in where.areas
    ]
    head = ("code", "area", "signatures", "population", "signatures_per_thousand")
    name = f'attachment; filename="petition-{petition.id}-areas.csv"'
    headers = {**OPEN_DATA, "content-disposition": name}
    body = sheet.MARK + sheet.lines([head, *rows])
    return public(body.encode(), CSV, keys=_keys(petition), headers=headers)


HANDLERS = [area_map, areas_json, areas_csv]
