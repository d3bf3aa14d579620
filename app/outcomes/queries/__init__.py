"""Named questions about duties and answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.outcomes.model import Answer, Commitment, DueChange, Handing, ProgressUpdate, Referral, Support
from app.outcomes.rules.referrals import OWED, is_late

R = TypeVar("R", Handing, DueChange)


def duties(db: Session, department_id: int, most: int = 200) -> Sequence[Referral]:
    """A department's referrals: unanswered first, the most urgent on top; then what was settled last."""
    unanswered_first = case((Referral.state.in_(OWED), 0), else_=1)
    waiting_until = case((Referral.state.in_(OWED), Referral.due_at))
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
        select(Referral)
        .where(Referral.state == "answered", Referral.sandbox.is_(False))
        .order_by(Referral.answered_at.desc(), Referral.id.desc())
    )
    found = db.scalars(newest.limit(most)).all()
    return [(referral, answers_to(db, referral.id)[0]) for referral in found]


def is_overdue(referral: Referral, now: datetime) -> bool:
    return is_late(referral.state, referral.due_at, now)


def supporting(db: Session, referral_id: int) -> Sequence[int]:
    """Departments that help the lead one."""
    wanted = select(Support.department_id).where(Support.referral_id == referral_id)
    return db.scalars(wanted.order_by(Support.since, Support.department_id)).all()


def supporting_of(db: Session, kind: str, subject_ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """By subject, departments that help the lead ones with any referral about it, the first to come first."""
    found: dict[int, list[int]] = {}
    wanted = select(Referral.subject_id, Support.department_id).join(Support, Support.referral_id == Referral.id)
    wanted = wanted.where(Referral.subject_kind == kind, Referral.subject_id.in_(subject_ids))
    for subject, department in db.execute(wanted.order_by(Support.since, Support.department_id)) if subject_ids else ():
        if department not in found.setdefault(subject, []):
            found[subject].append(department)
    return found


def handings(db: Session, referral_ids: Collection[int]) -> Mapping[int, Sequence[Handing]]:
    """By referral, how it went from department to department, oldest first."""
    wanted = select(Handing).where(Handing.referral_id.in_(referral_ids)).order_by(Handing.referral_id, Handing.id)
    return _by_referral(db.scalars(wanted) if referral_ids else ())


def due_changes(db: Session, referral_ids: Collection[int]) -> Mapping[int, Sequence[DueChange]]:
    """By referral, every new due day with its reason, oldest first."""
    wanted = select(DueChange).where(DueChange.referral_id.in_(referral_ids))
    rows = db.scalars(wanted.order_by(DueChange.referral_id, DueChange.id)) if referral_ids else ()
    return _by_referral(rows)


def commitments_about(db: Session, subject: SubjectRef) -> Sequence[Commitment]:
    """What was promised about one subject and stands, by its day."""
    return db.scalars(
        select(Commitment)
        .where(
            Commitment.subject_kind == subject.kind,
            Commitment.subject_id == subject.id,
            Commitment.withdrawn_at.is_(None),
        )
        .order_by(Commitment.due_on, Commitment.id)
    ).all()


def commitments_of(db: Session, referral_id: int) -> Sequence[Commitment]:
    """Those of one referral that stand, by their day."""
    wanted = select(Commitment).where(Commitment.referral_id == referral_id, Commitment.withdrawn_at.is_(None))
    return db.scalars(wanted.order_by(Commitment.due_on, Commitment.id)).all()


def progress_of(db: Session, commitment_ids: Collection[int]) -> Mapping[int, Sequence[ProgressUpdate]]:
    """By promise, its updates, oldest first."""
    found: dict[int, list[ProgressUpdate]] = {}
    wanted = select(ProgressUpdate).where(ProgressUpdate.commitment_id.in_(commitment_ids))
    rows = db.scalars(wanted.order_by(ProgressUpdate.commitment_id, ProgressUpdate.number)) if commitment_ids else ()
    for row in rows:
        found.setdefault(row.commitment_id, []).append(row)
    return found


def _by_referral(rows: Iterable[R]) -> dict[int, list[R]]:
    found: dict[int, list[R]] = {}
    for row in rows:
        found.setdefault(row.referral_id, []).append(row)
    return found
