"""The list of consultations: as a page, as JSON, as a table and as a feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.paging import A_PAGE, Page
from app.core.text import sheet
from app.core.text.sheet import CSV, Cell
from app.core.web import atom
from app.core.web.edge import shows
from app.core.web.page import public
from app.departments.model import Department
from app.departments.queries import by_ids
from consultations.model import Consultation
from consultations.queries import finding
from consultations.queries.finding import PHASES_ASKED, SORTS, Asked, Search, read_asked
from consultations.rules.lifecycle import KIND_NAMES, PHASE_NAMES, EditorialState, Phase, phase_of
from consultations.rules.showing import shown_count
from consultations.web.addressed import JSON, OPEN_DATA

A_STEP, A_FEED = 500, 50
COLUMNS = (
    "id",
    "url",
    "kind",
    "phase",
    "title",
    "summary",
    "department",
    "opens_at",
    "closes_at",
    "response_count",
    "published_at",
    "withdrawn_at",
    "outcome_at",
)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Listed(NamedTuple):
    """One consultation of the page. ``phase`` is ``withdrawn`` for one that was; ``responses`` None: not to be told."""

    consultation: Consultation
    phase: str
    phase_name: str
    kind_name: str
    department: str
    responses: int | None


@shows("/consultations", name="consultations.list")
def consultation_list(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state = request.app.state
    now, asked = state.clock.now(), read_asked(db, request.query_params)
    rows, page = _page(db, asked, now)
    response: Response[bytes] = state.pages.public(
        "consultations/list.html",
        keys=("consultations",),
        fresh_for=60,
        good_until=finding.next_turn_of_any(db, now),
        rows=_listed(db, rows, now),
        paging=page,
        asked=asked,
        search=asked.search,
        phases=PHASES_ASKED,
        phase_names=PHASE_NAMES,
        sorts=SORTS,
        counts=finding.counts(db, asked.search, now),
        kinds=KIND_NAMES,
        departments=finding.departments(db),
        now=now,
    )
    return response


@get("/consultations.json", name="consultations.list-json", guards=[anyone], sync_to_thread=True)
def consultation_list_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """The same page of the list for programs."""
    state = request.app.state
    now, base, asked = state.clock.now(), state.settings.base_url, read_asked(db, request.query_params)
    rows, page = _page(db, asked, now, path="/consultations.json")
    body = {
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "next": base + page.url(page.page + 1) if page.page < page.pages else None,
        "consultations": [dict(zip(COLUMNS, _row(c, _leads(db, rows), base, now), strict=True)) for c in rows],
    }
    return _told(db, msgspec.json.encode(body), JSON, now)


@get("/consultations.csv", name="consultations.list-csv", guards=[anyone], sync_to_thread=True)
def consultation_list_csv(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Stream:
    """Every consultation under the list's filters, by number."""
    search = read_asked(db, request.query_params).search
    headers = {
        **OPEN_DATA,
        "content-disposition": 'attachment; filename="consultations.csv"',
        "cache-control": "public, max-age=60",
    }
    return Stream(_steps(request.app.state, search), media_type=CSV, headers=headers)


@get("/consultations.atom", name="consultations.list-atom", guards=[anyone], sync_to_thread=True)
def consultation_list_atom(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """What was published last under the list's filters."""
    state = request.app.state
    now, base, asked = state.clock.now(), state.settings.base_url, read_asked(db, request.query_params)
    rows = finding.newest(db, asked.search, now, most=A_FEED)
    leads = _leads(db, rows)
    feed = atom.Feed(
        id=base + asked.link("/consultations.atom", sort=""),
        title=_("Consultations – {site}").format(site=state.settings.site_name),
        subtitle=asked.search.q,
        page=base + asked.link(),
        address=base + asked.link("/consultations.atom", sort=""),
        author=state.settings.site_name,
        updated=_BEGINNING,
        entries=[_entry(c, leads, base) for c in rows],
    )
    return _told(db, atom.written(feed), atom.ATOM, now)


def _page(
    db: Session, asked: Asked, now: datetime, path: str = "/consultations"
) -> tuple[Sequence[Consultation], Page[Consultation]]:
    rows = finding.find(db, asked.search, now, offset=asked.offset)
    total = finding.count(db, asked.search, now)
    return rows, Page(rows=rows, total=total, page=asked.page, path=path, query=asked.query(), size=A_PAGE)


def _listed(db: Session, rows: Sequence[Consultation], now: datetime) -> list[Listed]:
    leads = _leads(db, rows)
    return [
        Listed(
            c,
            phase := shown_phase(c, now),
            str(PHASE_NAMES[Phase(phase)]) if phase in set(Phase) else str(_("Withdrawn")),
            str(KIND_NAMES[c.kind]),  # type: ignore[index]  # a word of the enumeration, as the column checks
            leads[c.department_id].name,
            shown_count(c, now),
        )
        for c in rows
    ]


def shown_phase(consultation: Consultation, now: datetime) -> str:
    """Its phase, or ``withdrawn`` where it has none any more."""
    if consultation.state == EditorialState.WITHDRAWN:
        return str(EditorialState.WITHDRAWN)
    return str(phase_of(consultation, now))


def _leads(db: Session, rows: Sequence[Consultation]) -> Mapping[int, Department]:
    return by_ids(db, [c.department_id for c in rows])


def _told(db: Session, body: bytes, kind: str, now: datetime) -> Response[bytes]:
    until = finding.next_turn_of_any(db, now)
    return public(body, kind, keys=("consultations",), good_until=until, fresh_for=60, headers=OPEN_DATA)


async def _steps(state: Any, search: Search) -> AsyncIterator[bytes]:
    """500 at a time, each step in a session of its own: a slow reader holds nothing but a connection."""
    loop = asyncio.get_running_loop()
    yield (sheet.MARK + sheet.lines([COLUMNS])).encode()
    last_id = 0
    while True:
        body, last_id = await loop.run_in_executor(state.exports, _step, state, search, last_id)
        if not body:
            return
        yield body


def _step(state: Any, search: Search, last_id: int) -> tuple[bytes, int]:
    now, base = state.clock.now(), state.settings.base_url
    with state.database.reading() as db:
        found = finding.after(db, search, last_id, now, most=A_STEP)
        if not found:
            return b"", last_id
        leads = _leads(db, found)
        return sheet.lines([_row(c, leads, base, now) for c in found]).encode(), found[-1].id


def _row(consultation: Consultation, leads: Mapping[int, Department], base: str, now: datetime) -> Sequence[Cell]:
    """As :data:`COLUMNS` has it."""
    return (
        consultation.id,
        f"{base}/consultations/{consultation.id}",
        consultation.kind,
        shown_phase(consultation, now),
        consultation.title,
        consultation.summary,
        leads[consultation.department_id].slug,
        _instant(consultation.opens_at),
        _instant(consultation.closes_at),
        shown_count(consultation, now),
        _instant(consultation.published_at),
        _instant(consultation.withdrawn_at),
        _instant(consultation.outcome_at),
    )


def _instant(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value is not None else None


def _entry(consultation: Consultation, leads: Mapping[int, Department], base: str) -> atom.Entry:
    lead = leads[consultation.department_id]
    link = f"{base}/consultations/{consultation.id}"
    return atom.Entry(
        id=link,
        title=consultation.title,
        link=link,
        updated=last_news(consultation),
        published=consultation.published_at,
        summary=consultation.summary,
        categories=[(lead.slug, lead.name)],
    )


def last_news(consultation: Consultation) -> datetime:
    """When its department last did something with it that a reader wants to know; a response is not that."""
    instants = (
        consultation.created_at,
        consultation.published_at,
        consultation.withdrawn_at,
        consultation.closed_at,
        consultation.feedback_at,
        consultation.outcome_at,
    )
    return max(at for at in instants if at is not None)


HANDLERS = [consultation_list, consultation_list_json, consultation_list_csv, consultation_list_atom]
