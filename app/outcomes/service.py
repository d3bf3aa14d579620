"""Referring a subject to a department, and the department's answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.events import ReferralAnswered
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import AnswerText


class AnswerChanged(Conflict):
    code = "answer-changed"
    title = _("Somebody else answered while you were writing")
    message = _("Your text was not stored. Read the answer that was given; you can still correct it.")
    way_on = ("/desk/referrals/{referral}", _("Read the answer"))


def refer(
    db: Session,
    subject: SubjectRef,
    *,
    cause: str,
    department_id: int,
    due_at: datetime,
    now: datetime,
    episode: int = 1,
) -> Referral:
    """Hand a subject to a department, once for each cause and episode."""
    same = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.cause == cause,
        Referral.episode == episode,
    )
    referral = db.scalar(same)
    if referral is None:
        referral = Referral(
            subject_kind=subject.kind,
            subject_id=subject.id,
            cause=cause,
            episode=episode,
            department_id=department_id,
            state="received",
            received_at=now,
            due_at=due_at,
        )
        db.add(referral)
        db.flush()
    return referral


def hand_over(db: Session, subject: SubjectRef, *, from_department: int | None, to_department: int) -> int:
    """Another department leads now: the unanswered referrals of the old one are its own; clocks go on."""
    moved = db.execute(
        update(Referral)
        .where(
            Referral.subject_kind == subject.kind,
            Referral.subject_id == subject.id,
            Referral.state == "received",
            Referral.department_id == from_department,
        )
        .values(department_id=to_department)
    )
    return rows_changed(moved)


def answer(
    db: Session, referral_id: int, department_id: int, text: AnswerText, *, after_version: int, by: int, now: datetime
) -> Answer:
    """Give an answer, or a corrected one; ``after_version`` is what its writer had seen (0: none).

    The caller has locked the subject's row. A foreign referral is as good as none.
    """
    locked = select(Referral).where(Referral.id == referral_id, Referral.department_id == department_id)
    referral = db.scalar(locked.with_for_update(key_share=True).execution_options(populate_existing=True))
    if referral is None or referral.state == "closed":
        raise NotFound
    newest = db.scalar(select(func.max(Answer.version)).where(Answer.referral_id == referral.id)) or 0
    if newest != after_version:
        raise AnswerChanged(referral=referral_id)
    given = Answer(
        referral_id=referral.id,
        version=newest + 1,
        grade=text.grade,
        summary=text.summary,
        details=text.details,
        by_id=by,
        at=now,
    )
    db.add(given)
    if referral.state != "answered":
        referral.state, referral.answered_at = "answered", now
    db.flush()
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    announce(db, ReferralAnswered(subject, referral.cause, referral.id, given.id, given.version, now))
    facts = {"referral": referral.id, "answer": given.id, "version": given.version}
    audit.record(db, "outcomes.answer", subject, by=by, now=now, facts=facts)
    touch(db, "outcomes", str(subject))
    return given
