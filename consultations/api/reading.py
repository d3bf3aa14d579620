"""What programs read: the list of consultations, and one with the questionnaire it asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.paging import A_PAGE, Page
from app.core.web.page import public
from app.core.web.problems import BUSY, UNKNOWN, answers, problems, wrong
from app.departments.model import Department
from app.departments.queries import by_ids
from consultations import queries
from consultations.api import examples
from consultations.api.shapes import (
    ConditionOut,
    ConsultationOut,
    ConsultationPage,
    ConsultationWhole,
    OptionOut,
    PageOut,
    QuestionnaireOut,
    QuestionOut,
)
from consultations.model import Consultation
from consultations.queries import finding
from consultations.queries.finding import PHASES_ASKED, SORTS
from consultations.queries.questionnaires import questionnaire
from consultations.rules.lifecycle import EditorialState, Kind, next_turn, phase_of, takes_responses
from consultations.rules.questionnaire import Option, Question, Questionnaire
from consultations.rules.questionnaire import Page as AskedPage
from consultations.rules.readiness import minutes
from consultations.rules.showing import shown_count

JSON: Final = "application/json"
_OPEN_DATA: Final = {"access-control-allow-origin": "*"}


@get(
    "/api/v1/consultations",
    name="consultations.api.list",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List consultations",
    responses={
        200: answers(ConsultationPage, "25 consultations", examples.PAGE),
        **problems(wrong("page", "Expected `int` >= 1"), BUSY),
    },
)
def consultations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    q: Annotated[str, QueryParameter(description="Words; each must be in its title, summary or text.")] = "",
    phase: Annotated[str, QueryParameter(description=f"One of {', '.join(PHASES_ASKED)}.")] = "open",
    kind: Annotated[str, QueryParameter(description=f"One of {', '.join(Kind)}; both where left out.")] = "",
    department: Annotated[str, QueryParameter(description="The short name of the one that leads.")] = "",
    sort: FromQuery[
        Annotated[str, QueryParameter(description=f"One of {', '.join(SORTS)}; what suits the phase where left out.")]
    ] = "",
    page: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> Response[ConsultationPage]:
    """Consultations, filtered and sorted as on the page. Parameters that are not described are left unread."""
    state = request.app.state
    now, base = state.clock.now(), state.settings.base_url
    given = {"q": q, "phase": phase, "kind": kind, "department": department, "sort": sort}
    asked = finding.read_asked(db, given)
    rows = finding.find(db, asked.search, now, offset=(page - 1) * A_PAGE)
    total, path = finding.count(db, asked.search, now), "/api/v1/consultations"
    shown = Page(rows=rows, total=total, page=page, path=path, query=asked.query())
    leads = by_ids(db, [c.department_id for c in rows])
    body = ConsultationPage(
        total=total,
        page=page,
        pages=shown.pages,
        consultations=[ConsultationOut(**_facts(c, leads, base, now)) for c in rows],
        next=base + shown.url(page + 1) if page < shown.pages else None,
        previous=base + shown.url(page - 1) if page > 1 else None,
    )
    until, headers = finding.next_turn_of_any(db, now), shown.link_header(base)
    return _answer(body, "consultations", good_until=until, fresh_for=60, headers=headers)


@get(
    "/api/v1/consultations/{consultation_id:int}",
    name="consultations.api.show",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a consultation",
    responses={
        200: answers(ConsultationWhole, "The consultation", examples.WHOLE),
        **problems(UNKNOWN, BUSY),
    },
)
def consultation(
    request: Request[Any, Any, Any], db: NamedDependency[Session], consultation_id: FromPath[int]
) -> Response[ConsultationWhole]:
    """One consultation whose text is public, and the questions that are asked now."""
    state = request.app.state
    now, found = state.clock.now(), queries.public_consultation(db, consultation_id)
    if found is None:
        raise NotFound
    facts = _facts(found, by_ids(db, [found.department_id]), state.settings.base_url, now)
    body = ConsultationWhole(
        **facts,
        body=found.body,
        scope=found.scope,
        use=found.use,
        other_ways=found.other_ways,
        contact=found.contact,
        withdrawn_reason=found.withdrawn_reason or None,
        questionnaire=_asked(found, questionnaire(db, found.id, found.questionnaire_version)),
    )
    return _answer(body, f"consultation:{found.id}", good_until=next_turn(found, now), fresh_for=60)


def _facts(found: Consultation, leads: Mapping[int, Department], base: str, now: datetime) -> dict[str, Any]:
    withdrawn = found.state == EditorialState.WITHDRAWN
    return {
        "id": found.id,
        "kind": found.kind,
        "phase": str(EditorialState.WITHDRAWN if withdrawn else phase_of(found, now)),
        "title": found.title,
        "summary": found.summary,
        "department": leads[found.department_id].slug,
        "opens_at": found.opens_at,
        "closes_at": found.closes_at,
        "response_count": shown_count(found, now),
        "published_at": found.published_at,
        "withdrawn_at": found.withdrawn_at,
        "feedback_at": found.feedback_at,
        "outcome_at": found.outcome_at,
        "links": examples.links(found.id, base, is_open=takes_responses(found, now)),
    }


def _asked(found: Consultation, asked: Questionnaire) -> QuestionnaireOut:
    pages = [_page(asked, page) for page in asked.pages]
    return QuestionnaireOut(version=found.questionnaire_version, minutes=minutes(asked), pages=pages)


def _page(asked: Questionnaire, page: AskedPage) -> PageOut:
    return PageOut(page.id, page.title, page.text, [_question(q, asked.numbers[q.id]) for q in page.questions])


def _question(question: Question, number: int) -> QuestionOut:
    return QuestionOut(
        id=question.id,
        number=number,
        version=question.version,
        wording=question.wording,
        kind=question.kind,
        text=question.text,
        help=question.help,
        required=question.required,
        options=_options(question.options),
        rows=_options(question.rows),
        other=question.other,
        least=question.least,
        most=question.most,
        since=question.since or None,
        until=question.until or None,
        ranked=question.ranked,
        confidential=question.confidential,
        conditions=[ConditionOut(c.question, str(c.asks), c.value) for c in question.conditions],
        any_of=question.any_of,
    )


def _options(options: tuple[Option, ...]) -> list[OptionOut]:
    return [OptionOut(o.id, o.text) for o in options]


def _answer(
    body: Any,
    key: str,
    *,
    good_until: datetime | None,
    fresh_for: float,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    content, given = msgspec.json.encode(body), {**_OPEN_DATA, **(headers or {})}
    return public(content, JSON, keys=(key,), good_until=good_until, fresh_for=fresh_for, headers=given)


HANDLERS = [consultations, consultation]
