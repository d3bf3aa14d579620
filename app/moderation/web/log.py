"""The public log of decisions: its figures, a chart beside their table, and every line for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text import sheet
from app.core.web.page import public
from app.moderation import figures, queries
from app.moderation.figures import Figures
from app.moderation.model import LogLine
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import VERDICT_NAMES
from app.moderation.service import LOG

WIDTH, HEIGHT = 600, 140
COLUMNS = (
    "line",
    "at",
    "kind",
    "case",
    "decision",
    "rule",
    "standards_version",
    "origin",
    "seconds_waited",
    "seconds_open",
    "about_line",
    "subject_digest",
    "moderator_digest",
    "previous_digest",
    "digest",
)


@dataclass(frozen=True)
class Bar:
    """One bar of the chart, in its own units."""

    x: float
    y: float
    width: float
    height: float


@get("/standards/log", name="moderation.log", guards=[anyone], sync_to_thread=True)
def log_page(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Of everything, or of the month that ``month=2026-03`` names."""
    state = request.app.state
    zone, month = state.settings.zone, request.query_params.get("month", "")
    span = figures.read_month(month, zone)
    if month and span is None:
        raise NotFound
    found = figures.figures(db, zone, span)
    titles = {r.code: r.title for r in queries.all_reasons(db)}
    response: Response[bytes] = state.pages.public(
        "moderation/log.html",
        keys=(LOG, "standards"),
        figures=found,
        verdicts=_by_verdict(found),
        titles=titles,
        month=month if span else "",
        months=[(one, date.fromisoformat(f"{one}-01")) for one in figures.months(db, zone)],
        bars=bars(found.history),
        width=WIDTH,
        height=HEIGHT,
        top=max((count for _day, count in found.history), default=0),
        policy=state.site.moderating,
        promise_days=state.site.promising.days,
    )
    return response


@get("/standards/log.csv", name="moderation.log-csv", guards=[anyone], sync_to_thread=True)
def log_csv(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Every line, so that anybody can check the chain and work out the figures."""
    month = request.query_params.get("month", "")
    span = figures.read_month(month, request.app.state.settings.zone)
    if month and span is None:
        raise NotFound
    body = sheet.MARK + sheet.lines([COLUMNS, *(_cells(line) for line in figures.lines(db, span))])
    name = f"decisions-{month}.csv" if span else "decisions.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "access-control-allow-origin": "*"}
    return public(body.encode(), sheet.CSV, keys=(LOG,), headers=headers)


def bars(history: Sequence[tuple[date, int]]) -> list[Bar]:
    """One bar a month or a day, the highest as high as the chart; few of them stay narrow."""
    top = max((count for _day, count in history), default=0) or 1
    room = WIDTH / max(len(history), 12)
    found = []
    for at, (_day, count) in enumerate(history):
        height = round(HEIGHT * count / top, 1)
        found.append(Bar(round(at * room, 1), round(HEIGHT - height, 1), round(room * 0.8, 1), height))
    return found


def _by_verdict(found: Figures) -> list[tuple[str, int]]:
    """Name and count, in the order in which the desk has them."""
    return [(str(VERDICT_NAMES[v]), found.verdicts[v]) for v in Verdict if found.verdicts.get(v)]


def _cells(line: LogLine) -> list[sheet.Cell]:
    return [
        line.id,
        line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        line.kind,
        line.case_id,
        line.verdict,
        line.reason_code,
        line.standards_version,
        line.origin,
        line.seconds_waited,
        line.seconds_open,
        line.about_id,
        line.subject_digest.hex(),
        line.moderator_digest.hex(),
        line.previous.hex(),
        line.digest.hex(),
    ]


HANDLERS = [log_page, log_csv]
