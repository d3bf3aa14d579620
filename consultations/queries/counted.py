"""Findings and who stands behind them: counts lead back to responses, and from a response to what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from consultations.model import (
    Coding,
    Consultation,
    Feedback,
    Finding,
    FindingAnswer,
    FindingCode,
    FindingPassage,
    PublishedResponse,
    Response,
    ResponseVersion,
)
from consultations.queries.published import published_among
from consultations.queries.questionnaires import questionnaire
from consultations.rules.findings import Quote, ShownFinding
from consultations.rules.publishing import words_of
from consultations.rules.responses import ResponseState

_FINDINGS = msgspec.json.Decoder(list[ShownFinding])
_ANSWERS = msgspec.json.Decoder(dict[int, object])


@dataclass(frozen=True)
class Possible:
    """A finding as it stands at the desk, and the passages that could be quoted now: by coding."""

    row: Finding
    people: int
    codes: Sequence[int]
    codings: Sequence[int]
    quotes: Mapping[int, Quote]


def findings_of(db: Session, consultation_id: int) -> list[Possible]:
    """In the department's order; those taken away are not among them."""
    wanted = select(Finding).where(Finding.consultation_id == consultation_id, Finding.removed_at.is_(None))
    return [_possible(db, row) for row in db.scalars(wanted.order_by(Finding.place, Finding.id))]


def _possible(db: Session, row: Finding) -> Possible:
    codes = db.scalars(select(FindingCode.code_id).where(FindingCode.finding_id == row.id)).all()
    passages = db.scalars(select(FindingPassage.coding_id).where(FindingPassage.finding_id == row.id)).all()
    return Possible(row, people_behind(db, codes, passages), codes, passages, _quotes(db, passages))


def _behind(codes: Collection[int], codings: Collection[int]) -> ColumnElement[bool]:
    return or_(Coding.code_id.in_(codes), Coding.id.in_(codings))


def people_behind(db: Session, codes: Collection[int], codings: Collection[int]) -> int:
    """Responses that count and whose words, as they stand, were given one of these codes or are one of these passages."""
    counted = (
        select(func.count(Coding.response_id.distinct()))
        .join(Response, Response.id == Coding.response_id)
        .where(
            _behind(codes, codings),
            Coding.removed_at.is_(None),
            Response.state == ResponseState.SUBMITTED,
            Response.version == Coding.version,
        )
    )
    return db.scalar(counted) or 0


def _quotes(db: Session, codings: Collection[int]) -> dict[int, Quote]:
    """Passages of published responses, in the words that are published: what was taken out cannot be quoted."""
    wanted = select(Coding).where(Coding.id.in_(codings), Coding.removed_at.is_(None)).order_by(Coding.id)
    rows = db.scalars(wanted).all()
    public = published_among(db, [row.response_id for row in rows])
    found = {row.id: _quote(db, row, public.get(row.response_id)) for row in rows}
    return {number: quote for number, quote in found.items() if quote is not None}


def _quote(db: Session, coding: Coding, public: PublishedResponse | None) -> Quote | None:
    if public is None or public.version != coding.version:
        return None
    stored = db.get_one(ResponseVersion, (coding.response_id, coding.version))
    question = questionnaire(db, coding.consultation_id, stored.questionnaire_version).by_id.get(coding.question)
    said, shown = _ANSWERS.decode(stored.answers), _ANSWERS.decode(public.answers)
    if question is None or coding.question not in said or coding.question not in shown:
        return None
    words, open_words = words_of(question, said[coding.question]), words_of(question, shown[coding.question])
    if not words or not open_words:
        return None
    passage = (words if coding.is_whole else words[coding.start : coding.end]).strip()
    if not passage or passage not in open_words:
        return None
    return Quote(coding.response_id, public.number, coding.question, passage)


def feedback_versions(db: Session, consultation_id: int) -> Sequence[Feedback]:
    """The newest first."""
    wanted = select(Feedback).where(Feedback.consultation_id == consultation_id)
    return db.scalars(wanted.order_by(Feedback.version.desc())).all()


def shown_findings(db: Session, feedback: Feedback) -> list[ShownFinding]:
    """As they were released, without quotations of what is not public any more."""
    found = _FINDINGS.decode(feedback.findings)
    public = published_among(db, [q.response_id for finding in found for q in finding.quotes])
    return [msgspec.structs.replace(f, quotes=tuple(q for q in f.quotes if q.response_id in public)) for f in found]


def finding_answers(db: Session, consultation_id: int) -> Mapping[int, Sequence[FindingAnswer]]:
    """By finding, the newest version first."""
    wanted = select(FindingAnswer).where(FindingAnswer.consultation_id == consultation_id)
    found: dict[int, list[FindingAnswer]] = {}
    for row in db.scalars(wanted.order_by(FindingAnswer.version.desc())):
        found.setdefault(row.finding_id, []).append(row)
    return found


@dataclass(frozen=True)
class Counted:
    """A published finding in which a response was counted; ``answer`` is empty until one is public."""

    finding: ShownFinding
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True)
class WhatCame:
    """What a receipt says later. Not in any finding: ``findings`` is empty, and nothing more is claimed."""

    feedback_at: datetime
    outcome_at: datetime | None
    findings: Sequence[Counted]
    #: how many findings were published
    of: int


def counted_in(db: Session, response_id: int) -> WhatCame | None:
    """Which published findings this response was counted in when they were released, and what was answered to each;
    None until "you said" is public."""
    response = db.get(Response, response_id)
    if response is None:
        return None
    versions = feedback_versions(db, response.consultation_id)
    if not versions:
        return None
    newest, consultation = versions[0], db.get_one(Consultation, response.consultation_id)
    found = _FINDINGS.decode(newest.findings)
    coded = _codings_then(db, response_id, newest.at)
    answers = finding_answers(db, response.consultation_id) if consultation.has_outcome else {}
    mine = [
        Counted(f, answers[f.id][0].text if f.id in answers else "", answers[f.id][0].at if f.id in answers else None)
        for f in found
        if any(row.code_id in f.codes or row.id in f.codings for row in coded)
    ]
    return WhatCame(newest.at, consultation.outcome_at, mine, len(found))


def _codings_then(db: Session, response_id: int, at: datetime) -> Sequence[Coding]:
    """What stood on this response's words as they were at that instant: earlier words of it were counted no more."""
    said = select(func.max(ResponseVersion.number)).where(
        ResponseVersion.response_id == response_id, ResponseVersion.at <= at
    )
    wanted = select(Coding).where(
        Coding.response_id == response_id,
        Coding.version == said.scalar_subquery(),
        Coding.at <= at,
        or_(Coding.removed_at.is_(None), Coding.removed_at > at),
    )
    return db.scalars(wanted).all()
