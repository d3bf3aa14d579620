"""The list of petitions: filters, orders and search, as a page and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.paging import A_PAGE, Page
from app.core.text.figures import is_whole
from app.core.web.edge import shows
from app.core.web.page import public
from app.core.web.stencils.fragments import plural
from app.opendata.contribution import At
from petitions.queries import finding
from petitions.queries.asking import Asked, read_asked
from petitions.queries.figures import ListFigures
from petitions.queries.finding import SORTS, STATES, Entry, Search
from petitions.rules.lifecycle import PetitionState
from petitions.web import uk

JSON = "application/json; charset=utf-8"
OPEN_DATA = {"access-control-allow-origin": "*"}
MOST_CLOSEST = 5
MOST_A_PAGE, MOST_TRENDING = 50, 10


class Listed(NamedTuple):
    """One petition of the page, as :class:`app.core.web.stencils.fragments.Stencilled` asks for it.

    ``goal``: the next threshold, or the last one; ``is_ahead`` while it can be reached.
    """

    petition: Entry
    id: int
    action: str
    signatures: int
    figure: str
    goal: int | None
    on_bar: int
    is_ahead: bool
    alike: tuple[Any, ...]

    @property
    def own(self) -> Sequence[str]:
        return ("id", "action", "figure", "on_bar")


def _listed(rows: Iterable[Entry], now: datetime, zone: ZoneInfo) -> list[Listed]:
    return [_told(row, _standing(row, now, zone)) for row in rows]


def _told(row: Entry, standing: tuple[Any, ...]) -> Listed:
    count, goal = row.signature_count, _goal(row)
    ahead = goal is not None and row.state == PetitionState.OPEN and count < goal
    alike = (plural(count), goal, ahead, *standing)
    return Listed(row, row.id, row.action, count, f"{count:,}", goal, min(count, goal or 0), ahead, alike)


def _goal(row: Entry) -> int | None:
    if row.state not in (PetitionState.OPEN, PetitionState.CLOSED):
        return None
    reached = row.response_reached_at or row.answered_at or row.signature_count >= row.response_threshold
    goal: int = row.debate_threshold if reached else row.response_threshold
    return goal


def _standing(row: Entry, now: datetime, zone: ZoneInfo) -> tuple[Any, ...]:
    """Everything that the line of a petition's state and date shows."""
    closes = row.closes_at
    runs = row.state == PetitionState.OPEN and closes is not None and closes > now
    left = -(-(closes - now).total_seconds() // 86_400) if closes is not None and runs else None
    day = None if runs else _settled_on(row, zone)
    today = now.astimezone(zone).date() if row.debate_on else None
    debate = (row.debate_state, row.debate_on, row.debate_reached_at is None, today)
    answer = (row.answered_at is None, row.response_reached_at is None)
    return (row.state, row.source is None, closes is None, left, day, *debate, *answer)


def _settled_on(row: Entry, zone: ZoneInfo) -> date | None:
    """The day on which it came to its end: hundreds have it in common, and nobody else the instant."""
    if row.state == PetitionState.REJECTED and row.rejected_at:
        ended = row.rejected_at
    elif row.state == PetitionState.WITHDRAWN and row.withdrawn_at:
        ended = row.withdrawn_at
    elif over := row.closed_at or row.closes_at:
        ended = over - datetime.resolution
    else:
        return None
    return ended.astimezone(zone).date()


def read_search(request: Request[Any, Any, Any], db: Session) -> Asked:
    """What the address asks for."""
    return read_asked(db, request.query_params)


# every row is what it was when its page was found; totals may be seconds old anyway
@shows("/petitions", name="petitions.list", at_once=False)
def petition_list(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state = request.app.state
    now, figures = state.clock.now(), state.site.dependencies["figures"]
    asked = read_search(request, db)
    rows, total = figures.find(db, asked.search, now, offset=asked.offset, most=A_PAGE)
    page = Page(
        rows=_listed(rows, now, state.settings.zone),
        total=total,
        page=asked.page,
        path="/petitions",
        query=asked.link_query,
    )
    response: Response[bytes] = state.pages.public(
        "petitions/list.html",
        keys=("petitions",),
        fresh_for=5,
        good_until=figures.next_closing(db, now),
        page=page,
        paging=page,
        asked=asked,
        search=asked.search,
        closest=() if total else _listed(_closest(db, asked.search, figures, now), now, state.settings.zone),
        states=STATES,
        sorts=SORTS,
        counts=(counts := figures.counts(db, now)),
        counted=tuple(counts.values()),
        choices=figures.choices(db),
        now=now,
    )
    return response


def _closest(db: Session, search: Search, figures: ListFigures, now: datetime) -> Sequence[Entry]:
    """Where nothing is found: closed ones that hold the same words, else any that do, whatever else was asked."""
    at, held = figures.moment(db, now), figures.held(db, search)
    if not search.q or held.none:
        return ()
    for wider in (replace(search, state="closed"), Search(q=search.q, state="closed"), Search(q=search.q, state="all")):
        found = finding.find(db, wider, at, held, offset=0, most=MOST_CLOSEST)
        if found.rows:
            return found.rows
    return ()


@get("/petitions.json", name="petitions.list-json", guards=[anyone], sync_to_thread=True)
def petition_list_json(
    request: Request[Any, Any, Any], db: NamedDependency[Session], figures: NamedDependency[ListFigures]
) -> Response[bytes]:
    """The list in the shape of the UK site."""
    state = request.app.state
    now = state.clock.now()
    asked, size = read_search(request, db), _size(request.query_params.get("count", ""))
    ids, total = figures.page(db, asked.search, now, offset=(asked.page - 1) * size, most=size)
    rows = finding.petitions(db, ids)
    query = asked.link_query if size == A_PAGE else {**asked.link_query, "count": str(size)}
    page = Page(rows=rows, total=total, page=asked.page, path="/petitions.json", query=query, size=size)
    body = uk.petition_list(db, page, At(now, state.settings.zone, state.settings.base_url))
    return public(body, JSON, keys=("petitions",), fresh_for=5, headers=OPEN_DATA)


def _size(asked: str) -> int:
    """How many a page, as the UK site lets programs choose: 25, unless they ask for 1 to 50."""
    return int(asked) if is_whole(asked, figures=2) and 1 <= int(asked) <= MOST_A_PAGE else A_PAGE


@get("/trending.json", name="petitions.trending-json", guards=[anyone], sync_to_thread=True)
def trending_json(
    request: Request[Any, Any, Any], db: NamedDependency[Session], figures: NamedDependency[ListFigures]
) -> Response[bytes]:
    """Ten open petitions that gained most within the last hour, in the shape of the UK site."""
    now, base = request.app.state.clock.now(), request.app.state.settings.base_url
    rising = set(figures.rising(db, now))
    rows, _total = figures.find(db, Search(state="open", sort="trending"), now, offset=0, most=MOST_TRENDING)
    body = uk.trending([row for row in rows if row.id in rising], base, now)
    return public(body, JSON, keys=("petitions",), fresh_for=60, headers=OPEN_DATA)


@get("/topics.json", name="petitions.topics-json", guards=[anyone], sync_to_thread=True)
def topics_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Every topic by its code, in the shape of the UK site."""
    return public(uk.topics(finding.topics(db)), JSON, keys=("petitions",), fresh_for=60, headers=OPEN_DATA)


HANDLERS = [petition_list, petition_list_json, trending_json, topics_json]
