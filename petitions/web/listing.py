"""The list of petitions: filters, orders and search, as a page and as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.paging import A_PAGE, Page, read_page
from app.core.text.plain import tidy_line
from app.core.web.page import public
from app.departments import queries as departments
from petitions.queries import finding
from petitions.queries.figures import ListFigures
from petitions.queries.finding import SORTS, STATES, Moment, Search
from petitions.rules.lifecycle import PetitionState
from petitions.web import uk

NOBODY = -1  # an unknown department or topic has no petitions
JSON = "application/json; charset=utf-8"
OPEN_DATA = {"access-control-allow-origin": "*"}
MOST_Q, MOST_CLOSEST = 200, 5
DEFAULTS = {"state": "open", "sort": "popular"}


@dataclass(frozen=True)
class Asked:
    """What an address asks of the list; ``kept`` is what its links carry along."""

    search: Search
    page: int
    kept: Mapping[str, str]

    @property
    def offset(self) -> int:
        return (self.page - 1) * A_PAGE

    @property
    def link_query(self) -> dict[str, str]:
        """What differs from the list as everyone finds it."""
        return {k: v for k, v in self.kept.items() if v != DEFAULTS.get(k, "")}

    @property
    def narrowing(self) -> dict[str, str]:
        """What another search in the same list keeps."""
        return {k: v for k, v in self.link_query.items() if k != "q"}

    def link(self, **changes: str) -> str:
        """The same list with another filter or order, from its first page."""
        query = {k: v for k, v in {**self.kept, **changes}.items() if v != DEFAULTS.get(k, "")}
        return "/petitions" + ("?" + urlencode(query) if query else "")


class Listed(NamedTuple):
    """One petition of the page. What many have in common is made once: ``standing`` is its key, ``key`` the whole's.

    ``goal``: the next threshold, or the last one; ``is_ahead`` while it can be reached.
    """

    petition: Row[Any]
    id: int
    action: str
    signatures: int
    figure: str
    goal: int | None
    on_bar: int
    is_ahead: bool
    standing: tuple[Any, ...]
    key: tuple[Any, ...]


def _listed(rows: Iterable[Row[Any]], now: datetime) -> list[Listed]:
    return [_told(row, _standing(row, now)) for row in rows]


def _told(row: Row[Any], standing: tuple[Any, ...]) -> Listed:
    count, goal = row.signature_count, _goal(row)
    ahead = goal is not None and row.state == PetitionState.OPEN and count < goal
    key = (row.id, row.action, count, goal, ahead, *standing)
    return Listed(row, row.id, row.action, count, f"{count:,}", goal, min(count, goal or 0), ahead, standing, key)


def _goal(row: Row[Any]) -> int | None:
    if row.state not in (PetitionState.OPEN, PetitionState.CLOSED):
        return None
    reached = row.response_reached_at or row.answered_at or row.signature_count >= row.response_threshold
    goal: int = row.debate_threshold if reached else row.response_threshold
    return goal


def _standing(row: Row[Any], now: datetime) -> tuple[Any, ...]:
    """Everything that the line of a petition's state and date shows."""
    closes = row.closes_at
    left = -(-(closes - now).total_seconds() // 86_400) if closes is not None and closes > now else None
    dates = (row.rejected_at, row.withdrawn_at, row.closed_at or closes) if left is None else ()
    debate = (row.debate_state, row.debate_on, row.debate_reached_at is None, now.date() if row.debate_on else None)
    answer = (row.answered_at is None, row.response_reached_at is None)
    return (row.state, row.source is None, closes is None, left, *dates, *debate, *answer)


def read_search(request: Request[Any, Any, Any], db: Session) -> Asked:
    """What the address asks for; what it cannot mean falls back to the default."""
    given = {k: tidy_line(str(v)[:MOST_Q]) for k, v in request.query_params.items()}
    state, sort = given.get("state", "open"), given.get("sort", "popular")
    department, topic = given.get("department", ""), given.get("topic", "")
    search = Search(
        q=given.get("q", ""),
        state=state if state in STATES else "open",
        sort=sort if sort in SORTS else "popular",
        department_id=_known(_department_id(db, department)) if department else None,
        topic_id=_known(finding.topic_id(db, topic)) if topic else None,
    )
    kept = {"q": search.q, "state": search.state, "sort": search.sort, "department": department, "topic": topic}
    return Asked(search, read_page(given.get("page", "")), kept)


def _department_id(db: Session, slug: str) -> int | None:
    named = departments.by_slug(db, slug)
    return named.id if named else None


def _known(found: int | None) -> int:
    return NOBODY if found is None else found


@get("/petitions", name="petitions.list", guards=[anyone], sync_to_thread=True)
def petition_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], figures: NamedDependency[ListFigures]
) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    asked = read_search(request, db)
    ids, total = figures.page(db, asked.search, now, offset=asked.offset, most=A_PAGE)
    page = Page(
        rows=_listed(finding.entries(db, ids), now),
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
        closest=() if total else _listed(_closest(db, asked.search, figures.moment(db, now)), now),
        states=STATES,
        sorts=SORTS,
        counts=figures.counts(db, now),
        choices=figures.choices(db),
        now=now,
    )
    return response


def _closest(db: Session, search: Search, at: Moment) -> Sequence[Row[Any]]:
    """Where nothing is found: closed ones that hold the same words, else any that do, whatever else was asked."""
    if not search.q:
        return ()
    for wider in (replace(search, state="closed"), Search(q=search.q, state="closed"), Search(q=search.q, state="all")):
        found = finding.find(db, wider, at, offset=0, most=MOST_CLOSEST)
        if found.ids:
            return finding.entries(db, found.ids)
    return ()


@get("/petitions.json", name="petitions.list-json", guards=[anyone], sync_to_thread=True)
def petition_list_json(
    request: Request[Any, Any, Any], db: NamedDependency[Session], figures: NamedDependency[ListFigures]
) -> Response[bytes]:
    """The list in the shape of the UK site."""
    state = request.app.state
    now = state.clock.now()
    asked = read_search(request, db)
    ids, total = figures.page(db, asked.search, now, offset=asked.offset, most=A_PAGE)
    rows = finding.petitions(db, ids)
    page = Page(rows=rows, total=total, page=asked.page, path="/petitions.json", query=asked.link_query)
    body = uk.petition_list(db, page, state.settings.base_url, now)
    return public(body, JSON, keys=("petitions",), fresh_for=5, headers=OPEN_DATA)


HANDLERS = [petition_list, petition_list_json]
