"""The department says of each clause what it does with the comments on it, and publishes that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.model import Clause, Disposition, DraftText, TextAnswers
from consultations.queries import dispositions as queries
from consultations.queries.reach import leading
from consultations.rules.dispositions import (
    DisposedMeanwhile,
    NothingToPublish,
    StillOpen,
    Verdict,
    may_publish_answers,
)
from consultations.service.texts import page_key


def dispose(
    db: Session,
    consultation_id: int,
    clause_id: int,
    verdict: Verdict,
    reason: str,
    *,
    after_version: int,
    by: int,
    now: datetime,
) -> Disposition:
    """Store the answer to one clause; the same words again change nothing. Nobody outside reads it before it is
    published."""
    leading(db, by, consultation_id, lock=True)
    before = _newest(db, consultation_id, clause_id)
    if before is not None and (before.verdict, before.reason) == (verdict, reason):
        return before
    if (before.version if before else 0) != after_version:
        raise DisposedMeanwhile(consultation=consultation_id, clause=clause_id)
    made = Disposition(
        consultation_id=consultation_id,
        clause_id=clause_id,
        version=after_version + 1,
        verdict=verdict,
        reason=reason,
        at=now,
        by_id=by,
    )
    db.add(made)
    db.flush()
    facts = {"clause": clause_id, "version": made.version, "verdict": str(verdict)}
    record(db, "clause-answered", SubjectRef("consultation", consultation_id), by=by, now=now, facts=facts)
    return made


def publish(db: Session, consultation_id: int, note: str, *, by: int, now: datetime) -> TextAnswers:
    """Everything that stands on the desk now is public; a later publication says what it changed."""
    found = leading(db, by, consultation_id, lock=True)
    if not may_publish_answers(found.consultation, now):
        raise StillOpen(consultation=consultation_id)
    before = queries.publications(db, consultation_id)
    up_to = queries.last_row(db, consultation_id)
    if up_to == (before[0].up_to if before else 0):
        raise NothingToPublish(consultation=consultation_id)
    if before and not note:
        raise Invalid([FieldError("note", str(_("Say what you corrected. Everyone reads it.")))])
    made = TextAnswers(
        consultation_id=consultation_id,
        number=before[0].number + 1 if before else 1,
        up_to=up_to,
        note=note,
        at=now,
        by_id=by,
    )
    db.add(made)
    db.flush()
    subject = SubjectRef("consultation", consultation_id)
    record(db, "text-answers-published", subject, by=by, now=now, facts={"number": made.number})
    touch(db, page_key(consultation_id))
    return made


def _newest(db: Session, consultation_id: int, clause_id: int) -> Disposition | None:
    """The answer that stands; raises NotFound where the clause is none of this consultation's."""
    owner = select(DraftText.consultation_id).join(Clause, Clause.text_id == DraftText.id).where(Clause.id == clause_id)
    if db.scalar(owner) != consultation_id:
        raise NotFound
    last = select(func.max(Disposition.version)).where(Disposition.clause_id == clause_id).scalar_subquery()
    return db.scalar(select(Disposition).where(Disposition.clause_id == clause_id, Disposition.version == last))
