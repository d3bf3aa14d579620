"""What programs read: the list, one petition, its history and its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.paging import A_PAGE, Page
from app.core.subject import SubjectRef
from app.core.web.page import public
from app.core.web.problems import BUSY, UNKNOWN, answers, problems, wrong
from app.departments import queries as departments
from app.departments.model import Department
from app.outcomes.api.public import outcomes_about
from app.outcomes.web.asked import midnight, moment
from petitions import queries
from petitions.api import examples
from petitions.api.schema import (
    Hour,
    PetitionHistory,
    PetitionOut,
    PetitionPage,
    PetitionVersion,
    PetitionVersions,
    PetitionWhole,
)
from petitions.model.petition import Petition, TextVersion
from petitions.model.sorting import Topic
from petitions.queries import finding, story
from petitions.queries.finding import SORTS, STATES, Search
from petitions.queries.readable import readable_by_id
from petitions.rules.closing import is_over
from petitions.rules.eligibility import PetitionRemoved, is_signable
from petitions.rules.lifecycle import PetitionState
from petitions.service import stops

JSON = "application/json"
NOTHING = -1  # an unknown department or topic has no petitions
_OPEN_DATA = {"access-control-allow-origin": "*"}
_OF_ONE = problems(UNKNOWN, PetitionRemoved(), BUSY)


@get(
    "/api/v1/petitions",
    name="petitions.api.list",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List petitions",
    responses={
        200: answers(PetitionPage, "25 petitions", examples.PAGE),
        **problems(wrong("page", "Expected `int` >= 1"), BUSY),
    },
)
def petitions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    q: Annotated[str, QueryParameter(description="Words; each must be there, or a word beginning with it.")] = "",
    in_state: Annotated[str, QueryParameter(name="state", description=f"One of {', '.join(STATES)}.")] = "open",
    sort: FromQuery[Annotated[str, QueryParameter(description=f"One of {', '.join(SORTS)}.")]] = "popular",
    department: Annotated[str, QueryParameter(description="Its short name.")] = "",
    topic: Annotated[str, QueryParameter(description="Its short name.")] = "",
    page: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> Response[PetitionPage]:
    """Petitions, filtered and sorted as on the page."""
    now = request.app.state.clock.now()
    named = departments.by_slug(db, department) if department else None
    search = Search(
        q=q[:200],
        state=in_state if in_state in STATES else "open",
        sort=sort if sort in SORTS else "popular",
        department_id=(named.id if named else NOTHING) if department else None,
        topic_id=(finding.topic_id(db, topic) or NOTHING) if topic else None,
    )
    rows, total = queries.listed(db, search, offset=(page - 1) * A_PAGE, most=A_PAGE, now=now)
    kept = {"q": q, "state": in_state, "sort": sort, "department": department, "topic": topic}
    shown = Page(rows=rows, total=total, page=page, path="/api/v1/petitions", query=kept)
    base = request.app.state.settings.base_url
    body = PetitionPage(
        total=total,
        page=page,
        pages=shown.pages,
        petitions=_all_out(db, rows, base, now),
        next=base + shown.url(page + 1) if page < shown.pages else None,
        previous=base + shown.url(page - 1) if page > 1 else None,
    )
    return _answer(body, "petitions", fresh_for=5, headers=shown.link_header(base))


@get(
    "/api/v1/petitions/{petition_id:int}",
    name="petitions.api.show",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a petition",
    responses={200: answers(PetitionWhole, "The petition", examples.WHOLE), **_OF_ONE},
)
def petition(
    request: Request[Any, Any, Any], db: NamedDependency[Session], petition_id: FromPath[int]
) -> Response[PetitionWhole]:
    """One petition whose text is public, and what departments answered and promised."""
    found, state = readable_by_id(db, petition_id), request.app.state
    now = state.clock.now()
    ends = [found.closes_at] if found.closes_at and found.closes_at > now else []
    [facts] = _all_out(db, [found], state.settings.base_url, now)
    body = msgspec.structs.asdict(facts) | {"outcomes": outcomes_about(request, db, SubjectRef("petition", found.id))}
    return _answer(body, f"petition:{found.id}", good_until=min([*ends, midnight(request, moment(request))]))


@get(
    "/api/v1/petitions/{petition_id:int}/history",
    name="petitions.api.history",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read how a petition grew",
    responses={200: answers(PetitionHistory, "Signatures by hour", examples.HISTORY), **_OF_ONE},
)
def history(
    request: Request[Any, Any, Any], db: NamedDependency[Session], petition_id: FromPath[int]
) -> Response[PetitionHistory]:
    """Signatures confirmed here, by the hour."""
    found = readable_by_id(db, petition_id)
    body = PetitionHistory(
        petition_id=found.id,
        signature_count=found.signature_count,
        imported_count=found.imported_count,
        hours=[Hour(hour, count) for hour, count in queries.history(db, found.id) if count],
    )
    return _answer(body, f"petition:{found.id}")


@get(
    "/api/v1/petitions/{petition_id:int}/versions",
    name="petitions.api.versions",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read every version of a petition's text",
    responses={200: answers(PetitionVersions, "Every version", examples.VERSIONS), **_OF_ONE},
)
def versions(
    request: Request[Any, Any, Any], db: NamedDependency[Session], petition_id: FromPath[int]
) -> Response[PetitionVersions]:
    """The text as published, and each correction with its reason."""
    found = readable_by_id(db, petition_id)
    body = PetitionVersions(petition_id=found.id, versions=[_version(v) for v in queries.versions(db, found.id)])
    return _answer(body, f"petition:{found.id}")


def _answer(
    body: Any,
    key: str,
    *,
    good_until: datetime | None = None,
    fresh_for: float = 3600.0,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    content, given = msgspec.json.encode(body), {**_OPEN_DATA, **(headers or {})}
    return public(content, JSON, keys=(key,), good_until=good_until, fresh_for=fresh_for, headers=given)


def _all_out(db: Session, rows: Sequence[Petition], base: str, now: datetime) -> list[PetitionOut]:
    names = departments.by_ids(db, [p.lead_department_id for p in rows])
    topics = story.topics(db, [p.id for p in rows])
    taken = stops.stopped(db, now).signing is None
    return [_out(p, names, topics.get(p.id, ()), base, now, taken) for p in rows]


def _out(
    found: Petition, names: Mapping[int, Department], topics: Sequence[Topic], base: str, now: datetime, taken: bool
) -> PetitionOut:
    """``taken``: whether signatures are taken at all at the moment."""
    signable = taken and is_signable(found.state, found.closes_at, now)
    over = is_over(found.state, found.closes_at, now, imported=found.source is not None)
    is_open = signable or (found.state == PetitionState.OPEN and found.source is not None)
    lead = names.get(found.lead_department_id or 0)
    rejected = found.state == PetitionState.REJECTED
    return PetitionOut(
        id=found.id,
        state="closed" if over else found.state,
        action=found.action,
        background=found.background,
        additional_details=found.additional_details,
        text_version=found.text_version,
        public_note=found.public_note or None,
        creator_name=found.creator_name if is_open else None,
        signature_count=found.signature_count,
        imported_count=found.imported_count,
        response_threshold=found.response_threshold,
        debate_threshold=found.debate_threshold,
        department=lead.slug if lead else None,
        topics=[topic.slug for topic in topics],
        created_at=found.created_at,
        updated_at=found.updated_at,
        opened_at=found.opened_at,
        closes_at=found.closes_at,
        extended_days=found.extended_days,
        closed_at=found.closed_at,
        rejected_at=found.rejected_at if rejected else None,
        rejection_code=found.rejection_code if rejected else None,
        withdrawn_at=found.withdrawn_at,
        response_reached_at=found.response_reached_at,
        answered_at=found.answered_at,
        debate_reached_at=found.debate_reached_at,
        debate_state=found.debate_state,
        debate_on=found.debate_on,
        debate_outcome_at=found.debate_outcome_at,
        signable=signable,
        links=examples.links(found.id, base, signable=signable),
    )


def _version(stored: TextVersion) -> PetitionVersion:
    return PetitionVersion(
        version=stored.version,
        at=stored.at,
        note=stored.note,
        action=stored.action,
        background=stored.background,
        additional_details=stored.additional_details,
        digest=stored.digest.hex(),
    )


HANDLERS = [petitions, petition, history, versions]
