"""Named questions about duties and answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.outcomes.model import Answer, Referral


def duties(db: Session, department_id: int, most: int = 200) -> Sequence[Referral]:
    """A department's referrals: unanswered first, the most urgent on top; then what was settled last."""
    unanswered_first = case((Referral.state == "received", 0), else_=1)
    waiting_until = case((Referral.state == "received", Referral.due_at))
    return db.scalars(
        select(Referral)
        .where(Referral.department_id == department_id)
        .order_by(unanswered_first, waiting_until, Referral.answered_at.desc(), Referral.id)
        .limit(most)
    ).all()


def referral_of(db: Session, referral_id: int, department_id: int) -> Referral | None:
    return db.scalar(select(Referral).where(Referral.id == referral_id, Referral.department_id == department_id))


def referrals_about(db: Session, subject: SubjectRef) -> Sequence[Referral]:
    """Everything handed to departments about one subject, oldest first."""
    return db.scalars(
        select(Referral)
        .where(Referral.subject_kind == subject.kind, Referral.subject_id == subject.id)
        .order_by(Referral.id)
    ).all()


def answers_to(db: Session, referral_id: int) -> Sequence[Answer]:
    """Every version that stands, the newest first; what was taken back is not shown to anyone."""
    return db.scalars(
        select(Answer)
        .where(Answer.referral_id == referral_id, Answer.withdrawn_at.is_(None))
        .order_by(Answer.version.desc())
    ).all()


def all_versions(db: Session, referral_id: int) -> Sequence[Answer]:
    """For the desk: every version, those taken back among them, the newest first."""
    return db.scalars(select(Answer).where(Answer.referral_id == referral_id).order_by(Answer.version.desc())).all()


def newest_answers(db: Session, most: int = 5) -> Sequence[tuple[Referral, Answer]]:
    """The latest answered referrals with the answer as it stands."""
    newest = (
        select(Referral).where(Referral.state == "answered").order_by(Referral.answered_at.desc(), Referral.id.desc())
    )
    found = db.scalars(newest.limit(most)).all()
    return [(referral, answers_to(db, referral.id)[0]) for referral in found]


def is_overdue(referral: Referral, now: datetime) -> bool:
    return referral.state == "received" and referral.due_at is not None and referral.due_at < now
