"""Published responses: what everybody may read at this moment, whatever happened to them meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from consultations.identity import open_respondent
from consultations.model import Consultation, PublishedResponse, Respondent, Response
from consultations.queries.questionnaires import questionnaire
from consultations.rules.lifecycle import READABLE, Phase, phase_of
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import Consent, Publishing, ResponseState

_ANSWERS = msgspec.json.Decoder(dict[int, Any])
A_PAGE = 20

P, R = PublishedResponse, Response
#: conditions that hold now, not when it was published: consent, state and version are asked each time
LIVE: ColumnElement[bool] = and_(
    P.ended_at.is_(None),
    R.state == ResponseState.SUBMITTED,
    R.publishing == Publishing.PUBLISHED,
    R.consent == P.consent,
    R.version == P.version,
)


@dataclass(frozen=True)
class ShownResponse:
    """``who`` is empty where its writer wants no name, or is erased."""

    number: int
    who: str
    answers: Mapping[int, Any]
    asked: Questionnaire
    questionnaire_version: int
    at: datetime


def results_are_public(consultation: Consultation, now: datetime) -> bool:
    """Whether anything that people answered may be public now: readable, and not hidden until it closes."""
    closed = phase_of(consultation, now) in (Phase.CLOSED, Phase.OUTCOME)
    return consultation.state in READABLE and (closed or not consultation.hides_results)


def _live(consultation_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns).select_from(P).join(R, R.id == P.response_id).where(P.consultation_id == consultation_id, LIVE)
    )


def count_published(db: Session, consultation_id: int, question: int | None = None) -> int:
    wanted = _answering(_live(consultation_id, func.count()), question)
    return db.scalar(wanted) or 0


def published(
    db: Session, keys: Keys, consultation_id: int, *, after: int = 0, most: int = A_PAGE, question: int | None = None
) -> list[ShownResponse]:
    """The next ones by number, which never changes: what is published or taken down meanwhile moves nothing."""
    wanted = _answering(_live(consultation_id, P, Respondent.sealed), question).where(P.number > after)
    rows = db.execute(wanted.outerjoin(Respondent, Respondent.response_id == R.id).order_by(P.number).limit(most)).all()
    return [_shown(db, keys, row, sealed) for row, sealed in rows]


def page_before(db: Session, consultation_id: int, after: int, question: int | None = None) -> int | None:
    """After which number the page before begins; None where this is the first."""
    wanted = _answering(_live(consultation_id, P.number), question).where(P.number <= after)
    numbers = db.scalars(wanted.order_by(P.number.desc()).limit(A_PAGE + 1)).all()
    if not numbers or after == 0:
        return None
    return numbers[A_PAGE] if len(numbers) > A_PAGE else 0


def one_published(db: Session, keys: Keys, consultation_id: int, number: int) -> ShownResponse | None:
    found = published(db, keys, consultation_id, after=number - 1, most=1)
    return found[0] if found and found[0].number == number else None


def newest_published(db: Session, keys: Keys, consultation_id: int, most: int = 50) -> list[ShownResponse]:
    wanted = _live(consultation_id, P, Respondent.sealed).outerjoin(Respondent, Respondent.response_id == R.id)
    rows = db.execute(wanted.order_by(P.at.desc(), P.number.desc()).limit(most)).all()
    return [_shown(db, keys, row, sealed) for row, sealed in rows]


def published_among(db: Session, response_ids: Sequence[int]) -> Mapping[int, PublishedResponse]:
    """Those of these responses that everybody may read, by response."""
    wanted = select(P).join(R, R.id == P.response_id).where(P.response_id.in_(response_ids), LIVE)
    return {row.response_id: row for row in db.scalars(wanted)}


def _answering(wanted: Select[Any], question: int | None) -> Select[Any]:
    """Those that answered a question. Numbers of questions and of rows are never the same, and quotation marks within
    words are escaped, so this finds nothing else."""
    return wanted if question is None else wanted.where(P.answers.contains(f'"{question}":', autoescape=True))


def _shown(db: Session, keys: Keys, row: PublishedResponse, sealed: bytes | None) -> ShownResponse:
    return ShownResponse(
        number=row.number,
        who=_who(keys, row, sealed),
        answers=_ANSWERS.decode(row.answers),
        asked=questionnaire(db, row.consultation_id, row.questionnaire_version),
        questionnaire_version=row.questionnaire_version,
        at=row.at,
    )


def _who(keys: Keys, row: PublishedResponse, sealed: bytes | None) -> str:
    """The organisation, or else the person; nothing without consent."""
    if row.consent != Consent.NAMED or sealed is None:
        return ""
    try:
        words = open_respondent(keys, row.response_id, sealed)
    except CannotUnseal:
        return ""
    return words["organisation"] or words["name"]
