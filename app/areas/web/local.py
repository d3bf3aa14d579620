"""The list of areas, and each one's page: what people there want most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.contribution import Local, LocalThing
from app.areas.queries import KEY, AreaBook, Place, Places
from app.areas.rules.classes import per_thousand
from app.areas.web.choropleth import around
from app.core.errors import NotFound
from app.core.text.plain import fold
from app.core.web.page import public

JSON = "application/json; charset=utf-8"
OPEN_DATA = {"access-control-allow-origin": "*"}
#: figures by area are renewed once an hour, what is open closes at midnight
FRESH_FOR = 600
MOST = 25


@get("/areas", name="areas.list", guards=[anyone], sync_to_thread=True)
def area_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], areas: NamedDependency[AreaBook]
) -> Response[bytes]:
    """All of them by name, or those whose name, code or region has the words; ``?q=``."""
    places = _known(db, areas)
    q = " ".join(request.query_params.get("q", "").split())[:100]
    response: Response[bytes] = request.app.state.pages.public(
        "areas/list.html", keys=(KEY,), q=q, found=_found(places, q), total=len(places.living), places=places
    )
    return response


@get("/areas.json", name="areas.list-json", guards=[anyone], sync_to_thread=True)
def area_list_json(
    request: Request[Any, Any, Any], db: NamedDependency[Session], areas: NamedDependency[AreaBook]
) -> Response[bytes]:
    """Code, name, region and population of each; never a shape."""
    places, base = _known(db, areas), request.app.state.settings.base_url
    body = msgspec.json.encode({"called": places.layer, "areas": [_facts(place, base) for place in places.living]})
    return public(body, JSON, keys=(KEY,), headers=OPEN_DATA)


@get("/areas/{ref:str}", name="areas.show", guards=[anyone], sync_to_thread=True)
def area_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    areas: NamedDependency[AreaBook],
    ref: FromPath[str],
) -> Response[bytes]:
    """One area; ``/areas/W01.json`` is its data. ``?state=all``: not only what is open."""
    state, places = request.app.state, _known(db, areas)
    is_open = request.query_params.get("state") != "all"
    if ref.endswith(".json") and ref not in places.by_code:
        return _as_json(request, db, _place(places, ref.removesuffix(".json")), is_open)
    place = _place(places, ref)
    response: Response[bytes] = state.pages.public(
        "areas/show.html",
        keys=(KEY,),
        fresh_for=FRESH_FOR,
        place=place,
        places=places,
        drawn=around(places, place),
        is_open=is_open,
        lists=[(local, _shown(rows, place)) for local, rows in _lists(request, db, place, is_open)],
    )
    return response


def _known(db: Session, areas: AreaBook) -> Places:
    """A site without areas has no such pages."""
    if not (places := areas.now(db)):
        raise NotFound
    return places


def _place(places: Places, code: str) -> Place:
    found = places.by_code.get(code)
    if found is None or found.retired:
        raise NotFound
    return found


def _found(places: Places, q: str) -> Sequence[Place]:
    words = fold(q).split()
    if not words:
        return places.living
    return [p for p in places.living if all(word in fold(f"{p.name} {p.code} {p.region}") for word in words)]


def _lists(
    request: Request[Any, Any, Any], db: Session, place: Place, is_open: bool
) -> list[tuple[Local, Sequence[LocalThing]]]:
    state = request.app.state
    now = state.clock.now()
    return [(local, local.most(db, place.code, is_open, MOST, now)) for local in state.site.local]


def _shown(rows: Sequence[LocalThing], place: Place) -> list[tuple[LocalThing, float | None]]:
    """With how many of a thousand people of the area that is."""
    return [(row, per_thousand(row.here, place.population)) for row in rows]


def _as_json(request: Request[Any, Any, Any], db: Session, place: Place, is_open: bool) -> Response[bytes]:
    base = request.app.state.settings.base_url
    lists = {
        local.code_name: [_thing(row, rate, base) for row, rate in _shown(rows, place)]
        for local, rows in _lists(request, db, place, is_open)
    }
    body = msgspec.json.encode({**_facts(place, base), **lists})
    return public(body, JSON, keys=(KEY,), fresh_for=FRESH_FOR, headers=OPEN_DATA)


def _thing(row: LocalThing, rate: float | None, base: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "url": base + row.href,
        "here": row.here,
        "per_thousand": rate,
        "everywhere": row.everywhere,
    }


def _facts(place: Place, base: str) -> dict[str, Any]:
    region = {"code": place.region_code, "name": place.region} if place.region else None
    return {
        "code": place.code,
        "name": place.name,
        "region": region,
        "population": place.population,
        "url": f"{base}/areas/{place.code}",
    }


HANDLERS = [area_list, area_list_json, area_page]
