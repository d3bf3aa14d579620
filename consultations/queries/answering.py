"""One response as its owner reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.files.queries import files_of
from consultations.identity import open_respondent, receipt_number
from consultations.model import Consultation, Respondent, Response, ResponseVersion
from consultations.queries.questionnaires import asked
from consultations.rules.questionnaire import Question, Questionnaire
from consultations.rules.responses import ResponseState
from consultations.rules.saying import said

CONFIRM, NOT_ME, RECEIPT, LATE = (
    "consultations.confirm",
    "consultations.not-me",
    "consultations.receipt",
    "consultations.late",
)


@dataclass(frozen=True)
class Line:
    """One question as it was asked, with what was answered in words; none where nothing was."""

    number: int
    question: Question
    lines: Sequence[str]


@dataclass(frozen=True)
class Receipt:
    """A response with everything that its owner is told of it."""

    response: Response
    consultation: Consultation
    number: str
    lines: Sequence[Line]
    #: name, email, organisation; empty once they are erased
    person: Mapping[str, str]
    #: the newest first
    versions: Sequence[ResponseVersion]

    @property
    def digest(self) -> str:
        return self.response.digest.hex()


def receipt(db: Session, keys: Keys, response: Response) -> Receipt:
    versions = db.scalars(
        select(ResponseVersion)
        .where(ResponseVersion.response_id == response.id)
        .order_by(ResponseVersion.number.desc())
    ).all()
    newest = versions[0]
    what = asked(db, response.consultation_id, newest.questionnaire_version)
    wording = what.plain if response.easy_read else what.questionnaire
    return Receipt(
        response,
        db.get_one(Consultation, response.consultation_id),
        receipt_number(keys, response.id),
        in_words(wording, answers_of(newest), file_names(db, response.id)),
        person_of(db, keys, response.id),
        versions,
    )


def answers_of(version: ResponseVersion) -> dict[int, Any]:
    return {int(number): answer for number, answer in msgspec.json.decode(version.answers).items()}


def in_words(questionnaire: Questionnaire, answers: Mapping[int, Any], files: Mapping[int, str]) -> list[Line]:
    """Every question that was answered, in the order in which they are asked."""
    return [
        Line(questionnaire.numbers[q.id], q, said(q, answers[q.id], files))
        for q in questionnaire.questions()
        if q.id in answers
    ]


def file_names(db: Session, response_id: int) -> dict[int, str]:
    return {file.id: file.title for file in files_of(db, SubjectRef("response", response_id))}


def person_of(db: Session, keys: Keys, response_id: int) -> Mapping[str, str]:
    row = db.get(Respondent, response_id)
    return open_respondent(keys, response_id, row.sealed) if row is not None else {}


def earlier_response(db: Session, response: Response) -> Response | None:
    """The response that counts for the address of one that waits."""
    if response.address_key is None:
        return None
    return db.scalars(
        select(Response).where(
            Response.consultation_id == response.consultation_id,
            Response.address_key == response.address_key,
            Response.state == ResponseState.SUBMITTED,
            Response.id != response.id,
        )
    ).one_or_none()
