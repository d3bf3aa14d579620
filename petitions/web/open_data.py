"""Tables for spreadsheets and programs: all petitions under a filter, and one petition's history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.text import sheet
from app.core.text.sheet import CSV, Cell
from app.core.web.page import public
from app.departments import queries as departments
from petitions import queries
from petitions.model.petition import Petition
from petitions.queries import following, story
from petitions.queries.finding import Search
from petitions.rules.lifecycle import PetitionState
from petitions.web.addressed import JSON, OPEN_DATA, readable
from petitions.web.listing import read_search
from petitions.web.uk import instant, shown_state

A_STEP = 500
COLUMNS = (
    "id",
    "url",
    "state",
    "action",
    "background",
    "additional_details",
    "creator_name",
    "signature_count",
    "response_threshold",
    "debate_threshold",
    "department",
    "topics",
    "created_at",
    "opened_at",
    "closes_at",
    "closed_at",
    "rejected_at",
    "withdrawn_at",
    "rejection_code",
    "response_threshold_reached_at",
    "government_response_at",
    "debate_threshold_reached_at",
    "scheduled_debate_date",
    "debate_outcome_at",
)


@get("/petitions.csv", name="petitions.list-csv", guards=[anyone], sync_to_thread=True)
def petition_list_csv(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Stream:
    """Every petition under the list's filters, by number, however many there are."""
    search = read_search(request, db).search
    headers = {
        **OPEN_DATA,
        "content-disposition": 'attachment; filename="petitions.csv"',
        "cache-control": "public, max-age=60",
    }
    return Stream(_steps(request.app.state, search), media_type=CSV, headers=headers)


async def _steps(state: Any, search: Search) -> AsyncIterator[bytes]:
    """500 petitions at a time, each step in a session of its own: a slow reader holds nothing but a connection."""
    loop = asyncio.get_running_loop()
    yield (sheet.MARK + sheet.lines([COLUMNS])).encode()
    last_id = 0
    while True:
        body, last_id = await loop.run_in_executor(state.exports, _step, state, search, last_id)
        if not body:
            return
        yield body


def _step(state: Any, search: Search, last_id: int) -> tuple[bytes, int]:
    """The next lines, and the number of the last petition in them; nothing when there are no more."""
    now = state.clock.now()
    with state.database.reading() as db:
        found = following.after(db, search, last_id, most=A_STEP, now=now)
        if not found:
            return b"", last_id
        named = departments.by_ids(db, [p.lead_department_id for p in found])
        topics = story.topics(db, [p.id for p in found])
        leads = {d.id: d.slug for d in named.values()}
        rows = [
            _row(p, leads.get(p.lead_department_id or 0, ""), [t.slug for t in topics.get(p.id, ())], state, now)
            for p in found
        ]
    return sheet.lines(rows).encode(), found[-1].id


def _row(petition: Petition, department: str, topics: Sequence[str], state: Any, now: datetime) -> Sequence[Cell]:
    """As :data:`COLUMNS` has it."""
    shown = shown_state(petition, now)
    return (
        petition.id,
        f"{state.settings.base_url}/petitions/{petition.id}",
        shown,
        petition.action,
        petition.background,
        petition.additional_details,
        petition.creator_name if shown == PetitionState.OPEN else None,
        petition.signature_count,
        petition.response_threshold,
        petition.debate_threshold,
        department,
        " ".join(topics),
        instant(petition.created_at),
        instant(petition.opened_at),
        instant(petition.closes_at),
        instant(petition.closed_at),
        instant(petition.rejected_at),
        instant(petition.withdrawn_at),
        petition.rejection_code if petition.state == PetitionState.REJECTED else None,
        instant(petition.response_reached_at),
        instant(petition.answered_at),
        instant(petition.debate_reached_at),
        petition.debate_on.isoformat() if petition.debate_on else None,
        instant(petition.debate_outcome_at),
    )


@get("/petitions/{ref:str}/history.json", name="petitions.history-json", guards=[anyone], sync_to_thread=True)
def history_json(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """Signatures confirmed in each hour (its beginning, UTC), oldest first; hours without any are left out."""
    petition = readable(db, ref)
    hours = [{"hour": _hour(hour), "signatures": count} for hour, count in queries.history(db, petition.id)]
    facts = {
        "id": petition.id,
        "signature_count": petition.signature_count,
        "imported_count": petition.imported_count,
        "hours": hours,
    }
    return _kept(msgspec.json.encode(facts), JSON, petition)


@get("/petitions/{ref:str}/history.csv", name="petitions.history-csv", guards=[anyone], sync_to_thread=True)
def history_csv(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    petition = readable(db, ref)
    rows = [(_hour(hour), count) for hour, count in queries.history(db, petition.id)]
    body = sheet.MARK + sheet.lines([("hour", "signatures"), *rows])
    name = f'attachment; filename="petition-{petition.id}-history.csv"'
    return _kept(body.encode(), CSV, petition, {"content-disposition": name})


def _hour(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H:00:00Z}"


def _kept(body: bytes, kind: str, petition: Petition, headers: dict[str, str] | None = None) -> Response[bytes]:
    return public(body, kind, keys=(f"petition:{petition.id}",), headers={**OPEN_DATA, **(headers or {})})


HANDLERS = [petition_list_csv, history_json, history_csv]
