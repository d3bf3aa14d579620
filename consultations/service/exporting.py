"""Taking all responses away as a file: only by the lead department, and with a line in the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.subject import SubjectRef
from consultations.model import Response
from consultations.queries.questionnaires import questionnaire
from consultations.queries.reach import leading
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import ResponseState


@dataclass(frozen=True)
class Taken:
    """What a file holds: the responses up to this id that count, so many when it was asked for."""

    consultation_id: int
    asked: Questionnaire
    count: int
    last: int


def take(db: Session, consultation_id: int, name: str, *, by: int, now: datetime) -> Taken:
    """Note who takes which file with how many responses; raises NotFound for officers of any other department."""
    consultation = leading(db, by, consultation_id).consultation
    counting = (Response.consultation_id == consultation.id, Response.state == ResponseState.SUBMITTED)
    count, last = db.execute(select(func.count(), func.max(Response.id)).where(*counting)).one()
    asked = questionnaire(db, consultation.id, consultation.questionnaire_version)
    subject, facts = SubjectRef("consultation", consultation.id), {"file": name, "responses": count}
    audit.record(db, "consultations.export", subject, by=by, now=now, facts=facts)
    return Taken(consultation.id, asked, count, last or 0)
