"""What everybody reads after closing: single responses, what people said, what came of it, the roll of digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.web import atom
from app.core.web.page import public
from app.departments.queries import by_ids
from app.outcomes.queries.shown import promises_by_referral
from app.outcomes.trail import read_duties
from consultations.model import Consultation, Feedback, FindingAnswer
from consultations.queries import published as queries
from consultations.queries.counted import feedback_versions, finding_answers, shown_findings
from consultations.queries.figures import frozen_figures
from consultations.queries.published import ShownResponse, results_are_public
from consultations.queries.questionnaires import questionnaire
from consultations.rules.findings import ShownFinding
from consultations.rules.lifecycle import next_turn
from consultations.rules.rolls import as_lines, unpack
from consultations.rules.saying import said
from consultations.service import roll as rolls
from consultations.service.outcomes import CAUSE
from consultations.web.addressed import JSON, OPEN_DATA, readable

Asking = Request[Any, Any, Any]
A_FEED = 50


@dataclass(frozen=True)
class Line:
    """One response as a page has it; ``answers``: question's number, its text, lines."""

    number: int
    who: str
    at: datetime
    answers: Sequence[tuple[int, str, Sequence[str]]]


def _line(one: ShownResponse, only: int | None = None) -> Line:
    shown = [
        (q.id, q.text, said(q, one.answers[q.id]))
        for q in one.asked.questions()
        if q.id in one.answers and only in (None, q.id)
    ]
    return Line(one.number, one.who, one.at, shown)


def _public(db: Session, ref: str, now: datetime) -> Consultation:
    """Raises NotFound while results are hidden: nothing about them is public, not even that there are any."""
    consultation = readable(db, ref)
    if not results_are_public(consultation, now):
        raise NotFound
    return consultation


def _number(text: str) -> int:
    return int(text) if is_whole(text, figures=9) else 0


@get("/consultations/{ref:str}/responses", name="consultations.responses", guards=[anyone], sync_to_thread=True)
def responses(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """Twenty at a time by number; with ``question`` what everybody answered to that one."""
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    asked = questionnaire(db, consultation.id, consultation.questionnaire_version)
    tabs = [q for q in asked.questions() if not q.confidential and q.kind != "file"]
    question = _number(request.query_params.get("question", "")) or None
    if question is not None and question not in {q.id for q in tabs}:
        raise NotFound
    after = _number(request.query_params.get("after", ""))
    found = queries.published(
        db, state.keyring, consultation.id, after=after, most=queries.A_PAGE + 1, question=question
    )
    more = found[queries.A_PAGE - 1].number if len(found) > queries.A_PAGE else None
    response: Response[bytes] = state.pages.public(
        "consultations/publish/responses.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        lines=[_line(one, question) for one in found[: queries.A_PAGE]],
        total=queries.count_published(db, consultation.id, question),
        tabs=tabs,
        question=question,
        before=queries.page_before(db, consultation.id, after, question),
        more=more,
    )
    return response


@get(
    "/consultations/{ref:str}/responses/{number:int}",
    name="consultations.response",
    guards=[anyone],
    sync_to_thread=True,
)
def response_page(
    request: Asking, db: NamedDependency[Session], ref: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    found = queries.one_published(db, state.keyring, consultation.id, number)
    if found is None:
        raise NotFound
    response: Response[bytes] = state.pages.public(
        "consultations/publish/response.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        line=_line(found),
    )
    return response


@get(
    "/consultations/{ref:str}/responses.json",
    name="consultations.responses-json",
    guards=[anyone],
    sync_to_thread=True,
)
def responses_json(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """A page of them; ``next`` leads to the one after."""
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    after = _number(request.query_params.get("after", ""))
    found = queries.published(db, state.keyring, consultation.id, after=after)
    address = f"{state.settings.base_url}/consultations/{consultation.id}/responses"
    facts = {
        "total": queries.count_published(db, consultation.id),
        "responses": [_facts(one, address) for one in found],
        "next": f"{address}.json?after={found[-1].number}" if len(found) == queries.A_PAGE else None,
    }
    return _kept(msgspec.json.encode(facts), JSON, consultation, now)


def _facts(one: ShownResponse, address: str) -> dict[str, Any]:
    return {
        "number": one.number,
        "url": f"{address}/{one.number}",
        "name": one.who or None,
        "published_at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        "questionnaire_version": one.questionnaire_version,
        "answers": {str(number): answer for number, answer in one.answers.items()},
    }


@get(
    "/consultations/{ref:str}/responses.atom",
    name="consultations.responses-atom",
    guards=[anyone],
    sync_to_thread=True,
)
def responses_atom(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The newest fifty."""
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    address = f"{state.settings.base_url}/consultations/{consultation.id}/responses"
    found = queries.newest_published(db, state.keyring, consultation.id, A_FEED)
    feed = atom.Feed(
        id=address,
        title=str(_("Responses: {title}")).format(title=consultation.title),
        subtitle=consultation.summary,
        page=address,
        address=f"{address}.atom",
        author=by_ids(db, [consultation.department_id])[consultation.department_id].name,
        updated=consultation.closes_at or consultation.updated_at,
        entries=[_entry(one, address) for one in found],
    )
    return _kept(atom.written(feed), atom.ATOM, consultation, now)


def _entry(one: ShownResponse, address: str) -> atom.Entry:
    title = str(_("Response {number}")).format(number=one.number) + (f": {one.who}" if one.who else "")
    words = "\n".join(f"{text} {' / '.join(lines)}" for _q, text, lines in _line(one).answers)
    return atom.Entry(f"{address}/{one.number}", title, f"{address}/{one.number}", one.at, one.at, words[:2_000])


@dataclass(frozen=True)
class SaidAndDone:
    """One finding with its department's own answer; ``earlier``: older versions of that."""

    finding: ShownFinding
    answer: FindingAnswer | None
    earlier: Sequence[FindingAnswer]


@get("/consultations/{ref:str}/findings", name="consultations.findings", guards=[anyone], sync_to_thread=True)
def findings(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """What people said, as it stands or, with ``version``, as it stood."""
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    versions = feedback_versions(db, consultation.id)
    asked = _number(request.query_params.get("version", ""))
    chosen = next((v for v in versions if asked in (0, v.version)), None)
    if chosen is None:
        raise NotFound
    response: Response[bytes] = state.pages.public(
        "consultations/publish/findings.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        feedback=chosen,
        versions=versions,
        said=said_and_done(db, consultation, chosen),
        frozen=frozen_figures(db, consultation.id),
        **outcome_of(request, db, consultation, now),
    )
    return response


def said_and_done(db: Session, consultation: Consultation, feedback: Feedback) -> list[SaidAndDone]:
    """Answers are public with the outcome, not before."""
    answers: Mapping[int, Sequence[FindingAnswer]] = (
        finding_answers(db, consultation.id) if consultation.has_outcome else {}
    )
    return [
        SaidAndDone(f, next(iter(answers.get(f.id, ())), None), answers.get(f.id, ())[1:])
        for f in shown_findings(db, feedback)
    ]


def outcome_of(request: Asking, db: Session, consultation: Consultation, now: datetime) -> dict[str, Any]:
    """``answers``: versions of the outcome, the newest first; ``promises``: its actions."""
    zone = request.app.state.settings.zone
    duties = read_duties(db, SubjectRef("consultation", consultation.id), [consultation.department_id])
    answered = next(((r, a) for r, a in duties.answers if r.cause == CAUSE and a), None)
    promised = promises_by_referral(duties, now, zone)
    return {
        "answers": answered[1] if answered else (),
        "promises": promised.get(answered[0].id, ()) if answered else (),
        "department": duties.departments.get(
            (answered[0].department_id if answered else consultation.department_id) or 0
        ),
    }


def part_of(request: Asking, db: Session, consultation: Consultation, now: datetime) -> dict[str, Any]:
    """For the consultation's own page."""
    if not results_are_public(consultation, now):
        return {"said_of": None, "published_count": 0, "roll": None, "has_figures": False}
    versions = feedback_versions(db, consultation.id)
    values: dict[str, Any] = {
        "said_of": versions[0] if versions else None,
        "said": said_and_done(db, consultation, versions[0]) if versions else (),
        "published_count": queries.count_published(db, consultation.id),
        "roll": rolls.newest_roll(db, consultation.id),
        "has_figures": frozen_figures(db, consultation.id) is not None,
    }
    return values | {"outcome": outcome_of(request, db, consultation, now) if consultation.has_outcome else None}


@get("/consultations/{ref:str}/roll", name="consultations.roll", guards=[anyone], sync_to_thread=True)
def roll_page(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """What the list of digests is, and how anybody checks it."""
    state, now = request.app.state, request.app.state.clock.now()
    consultation = _public(db, ref, now)
    found = rolls.rolls(db, consultation.id)
    if not found:
        raise NotFound
    response: Response[bytes] = state.pages.public(
        "consultations/publish/roll.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        rolls=found,
    )
    return response


@get("/consultations/{ref:str}/roll.txt", name="consultations.roll-txt", guards=[anyone], sync_to_thread=True)
def roll_txt(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """One digest a line, and nothing else: its SHA-256 is what the page says."""
    now = request.app.state.clock.now()
    consultation = _public(db, ref, now)
    found = _roll(db, consultation, request)
    return _kept(as_lines(found.digests), "text/plain; charset=utf-8", consultation, now)


@get("/consultations/{ref:str}/roll.json", name="consultations.roll-json", guards=[anyone], sync_to_thread=True)
def roll_json(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    now = request.app.state.clock.now()
    consultation = _public(db, ref, now)
    found = _roll(db, consultation, request)
    versions = [
        {"version": r.version, "at": f"{r.at:%Y-%m-%dT%H:%M:%SZ}", "total": r.total, "sha256": r.digest.hex(),
         "added": r.added, "ended": r.ended}
        for r in rolls.rolls(db, consultation.id)
    ]  # fmt: skip
    facts = {
        "consultation": consultation.id,
        "version": found.version,
        "total": found.total,
        "sha256": found.digest.hex(),
        "digests": [digest.hex() for digest in unpack(found.digests)],
        "versions": versions,
    }
    return _kept(msgspec.json.encode(facts), JSON, consultation, now)


def _roll(db: Session, consultation: Consultation, request: Asking) -> Any:
    asked = _number(request.query_params.get("version", ""))
    found = next((r for r in rolls.rolls(db, consultation.id) if asked in (0, r.version)), None)
    if found is None:
        raise NotFound
    return found


def _kept(
    body: bytes, kind: str, consultation: Consultation, now: datetime, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    return public(
        body,
        kind,
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        headers={**OPEN_DATA, **(headers or {})},
    )


HANDLERS = [
    responses, response_page, responses_json, responses_atom, findings, roll_page, roll_txt, roll_json,
]  # fmt: skip
