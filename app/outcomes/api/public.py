"""What everyone's programs read: outcomes, promises, departments, topics. The same for all, and cached."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.freshness import SITE
from app.core.paging import A_PAGE, Page
from app.core.subject import SubjectRef
from app.core.web.page import public as public_page
from app.core.web.problems import BUSY, UNKNOWN, answers, problems, wrong
from app.departments import queries as departments
from app.outcomes import queries
from app.outcomes.api import shapes
from app.outcomes.model import ProgressUpdate
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import Wanted
from app.outcomes.queries.standing import NOTHING_YET
from app.outcomes.rules.answers import Grade
from app.outcomes.service import routes
from app.outcomes.web import records
from app.outcomes.web.asked import FRESH_FOR, NOBODY, OPEN_DATA, midnight, moment
from app.outcomes.web.departments_public import facts_of

JSON: Final = "application/json"
States = Literal["answered", "awaiting", "late", "returned"]


@get(
    "/api/v1/outcomes",
    name="outcomes.api.list",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List outcomes",
    responses={
        200: answers(shapes.OutcomePage, "25 outcomes", shapes.EXAMPLE_PAGE),
        **problems(wrong("page", "Expected `int` >= 1"), BUSY),
    },
)
def outcomes(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    in_state: Annotated[States, QueryParameter(name="state", description="awaiting is everything owed.")] = "answered",
    grade: Annotated[str, QueryParameter(description=f"One of {', '.join(Grade)}; any where left out.")] = "",
    department: Annotated[str, QueryParameter(description="Its short name.")] = "",
    kind: Annotated[str, QueryParameter(description="Of subject, such as petition.")] = "",
    page: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> Response[shapes.OutcomePage]:
    """What departments owe and answered, filtered as on the page. Filters that nothing fits find nothing."""
    state, at, base = request.app.state, moment(request), request.app.state.settings.base_url
    named = departments.by_slug(db, department) if department else None
    office = (named.id if named else NOBODY) if department else None
    wanted = Wanted(state=in_state, grade=grade, department_id=office, kind=kind)
    known = grade in {"", *Grade} and kind in {"", *state.site.subjects}
    rows, total = (
        state.site.outcome_totals.find(db, wanted, at, offset=(page - 1) * A_PAGE, most=A_PAGE) if known else ((), 0)
    )
    kept = {"state": in_state, "grade": grade, "department": department, "kind": kind}
    pages = Page(rows=rows, total=total, page=page, path="/api/v1/outcomes", query=kept)
    found = shown.outcomes(db, state.site.subjects, rows, at, state.settings.zone)
    body = {
        "total": total,
        "page": page,
        "pages": pages.pages,
        "outcomes": [records.outcome(each, base, state.settings.zone) for each in found],
        "next": base + pages.url(page + 1) if page < pages.pages else None,
        "previous": base + pages.url(page - 1) if page > 1 else None,
    }
    keys = ("outcomes", *map(str, public.subjects_of(rows)))
    return _answer(request, body, *keys, **pages.link_header(base))


@get(
    "/api/v1/commitments/{commitment_id:int}",
    name="outcomes.api.commitment",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a promise",
    responses={200: answers(shapes.PromiseWhole, "The promise", shapes.EXAMPLE_PROMISE), **problems(UNKNOWN, BUSY)},
)
def commitment(
    request: Request[Any, Any, Any], db: NamedDependency[Session], commitment_id: FromPath[int]
) -> Response[shapes.PromiseWhole]:
    """What was promised, about what, and every step so far."""
    state, at = request.app.state, moment(request)
    row = public.promise(db, state.site.subjects, commitment_id)
    found = shown.promises(db, state.site.subjects, [row], at) if row else []
    if row is None or not found:
        raise NotFound
    steps = queries.progress_of(db, [row.id]).get(row.id, ())
    body = {**records.promise(found[0], state.settings.base_url), "steps": [_step(step) for step in steps]}
    keys = ("outcomes", f"{row.subject_kind}:{row.subject_id}", f"department:{row.department_id}")
    return _answer(request, body, *keys)


@get(
    "/api/v1/departments",
    name="outcomes.api.departments",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List departments",
    responses={200: answers(shapes.DepartmentList, "All of them", shapes.EXAMPLE_DEPARTMENTS), **problems(BUSY)},
)
def department_list(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[shapes.DepartmentList]:
    """Who answers here, and how they do."""
    state, at, base = request.app.state, moment(request), request.app.state.settings.base_url
    figures = state.site.standings.table(db, at.now)
    every = departments.all_of_them(db)
    return _answer(
        request, {"departments": [facts_of(d, figures.get(d.id, NOTHING_YET), base) for d in every]}, "outcomes"
    )


@get(
    "/api/v1/departments/{slug:str}",
    name="outcomes.api.department",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a department",
    responses={
        200: answers(shapes.DepartmentOut, "The department", shapes.EXAMPLE_DEPARTMENT),
        **problems(UNKNOWN, BUSY),
    },
)
def department(
    request: Request[Any, Any, Any], db: NamedDependency[Session], slug: FromPath[str]
) -> Response[shapes.DepartmentOut]:
    """How it does; what it owes and answered is in the list of outcomes."""
    state, at = request.app.state, moment(request)
    found = departments.by_slug(db, slug)
    if found is None:
        raise NotFound
    standing = state.site.standings.of(db, found, at.now)
    return _answer(request, facts_of(found, standing, state.settings.base_url), f"department:{found.id}")


@get(
    "/api/v1/topics",
    name="outcomes.api.topics",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List topics",
    responses={200: answers(shapes.TopicList, "All of them", shapes.EXAMPLE_TOPICS), **problems(BUSY)},
)
def topics(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[shapes.TopicList]:
    """What petitions are filtered by, and which department answers what is about each."""
    rules, offices = routes.rules(db), {d.id: d.slug for d in departments.active(db)}
    named = dict(pair for topics_of in request.app.state.site.topics for pair in topics_of(db))
    found = []
    for slug, name in sorted(named.items()):
        rule = rules.get(slug, routes.Rule())
        helpers = [offices[d] for d in rule.support if d in offices]
        found.append({"slug": slug, "name": name, "department": offices.get(rule.lead or 0), "helpers": helpers})
    return _answer(request, {"topics": found}, SITE)


def outcomes_about(request: Request[Any, Any, Any], db: Session, subject: SubjectRef) -> list[dict[str, Any]]:
    """For a room's own answer about one of its subjects: everything that departments owe and answered, oldest first."""
    state, at = request.app.state, moment(request)
    rows = [row for row in queries.referrals_about(db, subject) if not row.sandbox]
    found = shown.outcomes(db, state.site.subjects, rows, at, state.settings.zone)
    return [records.outcome(each, state.settings.base_url, state.settings.zone) for each in found]


def _step(step: ProgressUpdate) -> dict[str, Any]:
    return {
        "number": step.number,
        "progress": step.progress,
        "note": step.note,
        "links": step.links,
        "due_before": step.due_before,
        "at": step.at,
    }


def _answer(request: Request[Any, Any, Any], body: Any, *keys: str, **headers: str) -> Response[Any]:
    until = midnight(request, moment(request))
    given = {**OPEN_DATA, **headers}
    return public_page(msgspec.json.encode(body), JSON, keys=keys, fresh_for=FRESH_FOR, good_until=until, headers=given)


HANDLERS = [outcomes, commitment, department_list, department, topics]
