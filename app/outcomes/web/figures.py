"""A department's workload and lateness: charts drawn here beside the tables of their figures, and the same as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.text import sheet
from app.departments.acting import department_of
from app.outcomes.queries.figures import Workload, workload
from app.outcomes.service.desk import cards_read

WIDTH, HEIGHT, FEWEST = 600, 140, 6


@dataclass(frozen=True)
class Bar:
    """One bar, in the chart's own units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars that fill ``width`` × ``height``; the highest, ``top``, as high as the chart."""

    bars: Sequence[Bar]
    top: float
    width: int = WIDTH
    height: int = HEIGHT


@get("/desk/figures", name="outcomes.figures", guards=[may("outcomes.desk")], sync_to_thread=True)
def figures(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state, department = request.app.state, department_of(db, account)
    found = workload(db, department.id, state.clock.now(), state.settings.zone)
    response: Response[bytes] = state.pages.personal(
        "outcomes/figures.html",
        staff=account,
        department=department,
        load=found,
        charts={
            "weeks": chart([count for _week, count in found.weeks]),
            "ages": chart([count for _most, count in found.ages]),
            "answered": chart([m.answered for m in found.months]),
            "days": chart([m.median_days or 0 for m in found.months]),
            "share": chart([m.share or 0 for m in found.months], top=100),
            "officers": chart([one.owed for one in found.officers]),
        },
        cards=cards_read(db, account.id),
    )
    return response


@get("/desk/figures.csv", name="outcomes.figures-csv", guards=[may("outcomes.desk")], sync_to_thread=True)
def figures_csv(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """One figure a line."""
    state, department = request.app.state, department_of(db, account)
    now, zone = state.clock.now(), state.settings.zone
    found = workload(db, department.id, now, zone)
    body = sheet.MARK + sheet.lines([("figure", "of", "value"), *_lines(found)])
    name = f"{department.slug}-{now.astimezone(zone).date()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body.encode(), media_type=sheet.CSV, headers=headers)


def chart(values: Sequence[float], top: float | None = None) -> Chart:
    """A bar for each; few of them stay narrow."""
    most = max(values, default=0) if top is None else top
    room = WIDTH / max(len(values), FEWEST)
    bars = []
    for at, value in enumerate(values):
        height = round(HEIGHT * value / (most or 1), 1)
        bars.append(Bar(round(at * room, 1), round(HEIGHT - height, 1), round(room * 0.8, 1), height))
    return Chart(bars, most)


def _lines(found: Workload) -> Iterator[tuple[sheet.Cell, ...]]:
    yield ("owed", "now", found.owed)
    yield ("late", "now", found.late)
    for monday, count in found.weeks:
        yield ("due in the week from", monday.isoformat(), count)
    yield ("due", "later", found.later)
    yield ("due", "no date set", found.undated)
    for most, count in found.ages:
        yield ("late by days, at most", "more" if most is None else most, count)
    for one in found.officers:
        yield ("owed, seen to by", one.name or "nobody", one.owed)
        yield ("late, seen to by", one.name or "nobody", one.late)
    for month in found.months:
        named = month.first.isoformat()[:7]
        yield ("answered in", named, month.answered)
        yield ("median days of answers in", named, "" if month.median_days is None else str(month.median_days))
        yield ("per cent on time of answers in", named, month.share)


HANDLERS = [figures, figures_csv]
