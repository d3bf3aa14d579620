"""The page of figures, and the same for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text import sheet
from app.core.web.page import public
from app.performance.queries.figures import PERFORMANCE, Kept
from app.performance.rules.opinions import GRADE_NAMES, Grade, Opinions
from app.performance.rules.uptime import Uptime, percent
from app.performance.web import datasets
from app.performance.web.shown import MeasureShown, Performance, Remembering, UptimeShown

JSON = "application/json; charset=utf-8"
OPEN_DATA = {"access-control-allow-origin": "*"}
#: minutes go by without anything being touched
FRESH_FOR = 60.0


@get("/performance", name="performance.page", guards=[anyone], sync_to_thread=True)
def page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    performing: NamedDependency[Remembering],
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "performance/page.html",
        keys=(PERFORMANCE,),
        fresh_for=FRESH_FOR,
        found=performing.get(db, state.site, state.clock.now()),
        fewest=state.site.performing.fewest,
        minutes_months=state.site.performing.minutes_months,
        grades=[(grade, str(name)) for grade, name in GRADE_NAMES.items()],
        zone=state.settings.zone.key,
        percent=percent,
    )
    return response


@get("/performance.json", name="performance.json", guards=[anyone], sync_to_thread=True)
def for_programs(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    performing: NamedDependency[Remembering],
) -> Response[bytes]:
    """Everything that the page shows. A figure of few is left out, and says that it is withheld."""
    state = request.app.state
    found = performing.get(db, state.site, state.clock.now())
    body = msgspec.json.encode(_document(found, state.site.performing.fewest))
    return public(body, JSON, keys=(PERFORMANCE,), fresh_for=FRESH_FOR, headers=OPEN_DATA)


@get("/performance/{name:str}", name="performance.csv", guards=[anyone], sync_to_thread=True)
def table(request: Request[Any, Any, Any], db: NamedDependency[Session], name: FromPath[str]) -> Response[bytes]:
    """One measure's table, as ``signing-completion.csv``."""
    state, key = request.app.state, name.removesuffix(".csv")
    rows = datasets.rows(db, state.site, key, state.clock.now()) if name.endswith(".csv") else None
    if rows is None:
        raise NotFound
    headers = {"content-disposition": f'attachment; filename="{key}.csv"'} | OPEN_DATA
    body = sheet.MARK + sheet.lines(rows)
    return public(body.encode(), sheet.CSV, keys=(PERFORMANCE,), fresh_for=FRESH_FOR, headers=headers)


def _document(found: Performance, fewest: int) -> dict[str, Any]:
    tested = found.tested
    return {
        "as_of": found.today.isoformat(),
        "fewest": fewest,
        "measures": [_measure(m, fewest) for room in found.rooms for m in room.measures],
        "uptime": {"pages": _uptime(found.pages), "work": _uptime(found.work)},
        "satisfaction": [
            {
                "key": o.asking.key,
                "title": str(o.asking.title),
                "room": room.title,
                "table": datasets.path_of(o.asking.key),
            }
            | _opinions(o.said, fewest)
            for room in found.rooms
            for o in room.opinions
        ],
        "accessibility": None
        if tested is None
        else {
            "tested_on": tested.row.tested_on.isoformat(),
            "standard": tested.row.standard,
            "tested_by": tested.row.tested_by,
            "passed": tested.row.passed,
            "failed": tested.row.failed,
            "out_of_date": tested.old,
            "open_problems": [p.words for p in tested.open],
            "report": tested.row.link or None,
        },
    }


def _measure(shown: MeasureShown, fewest: int) -> dict[str, Any]:
    measure, kept = shown.measure, shown.figures
    return {
        "key": measure.key,
        "room": str(measure.room),
        "title": str(measure.title),
        "definition": str(measure.definition),
        "source": str(measure.source),
        "unit": str(measure.unit),
        "table": datasets.path_of(measure.key),
        "lately": _kept(kept.lately, fewest) if kept.lately else None,
        "periods": [_kept(k, fewest) for _first, k in (*kept.weeks, *kept.months) if k is not None],
    }


def _kept(kept: Kept, fewest: int) -> dict[str, Any]:
    span = {"period": str(kept.period), "first_day": kept.first.isoformat(), "last_day": kept.last.isoformat()}
    if kept.is_few(fewest):
        return span | {"withheld": True}
    if kept.part is not None:
        return span | {"withheld": False, "part": kept.part, "whole": kept.whole, "share": kept.share}
    times = {"median_seconds": kept.median, "ninetieth_seconds": kept.ninetieth}
    return span | {"withheld": False, "count": kept.whole} | times


def _uptime(shown: UptimeShown) -> dict[str, Any]:
    return {
        "since": shown.since.isoformat() if shown.since else None,
        "lately": _minutes(shown.lately),
        "months": [{"month": _month(first)} | _minutes(up) for first, up in shown.months],
    }


def _minutes(up: Uptime) -> dict[str, Any]:
    counts = {"minutes": up.minutes, "up": up.open, "read_only": up.read_only, "down": up.down}
    return counts | {"share": up.share}


def _opinions(said: Opinions, fewest: int) -> dict[str, Any]:
    if said.size < fewest:
        return {"withheld": True}
    people = {str(grade): said.of(grade) for grade in Grade}
    return {"withheld": False, "people": people, "size": said.size, "share": percent(said.content, said.size)}


def _month(first: date) -> str:
    return f"{first:%Y-%m}"


HANDLERS = [page, for_programs, table]
