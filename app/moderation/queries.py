"""Named questions about cases and reasons."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation.model import Case, Decision, Reason, Revision
from app.moderation.rules.standards import STANDARDS_VERSION


def waiting_cases(db: Session, most: int = 100) -> Sequence[Case]:
    """The queue, longest wait first."""
    return db.scalars(select(Case).where(Case.state == "waiting").order_by(Case.opened_at, Case.id).limit(most)).all()


def count_waiting(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Case).where(Case.state == "waiting")) or 0


def decided_lately(db: Session, most: int = 10) -> Sequence[tuple[Case, Decision]]:
    rows = db.execute(
        select(Case, Decision).join(Decision, Decision.case_id == Case.id).order_by(Decision.id.desc()).limit(most)
    )
    return [(case, decision) for case, decision in rows]


def newest_revision(db: Session, case_id: int) -> Revision | None:
    return db.scalar(select(Revision).where(Revision.case_id == case_id).order_by(Revision.id.desc()).limit(1))


def decisions_of(db: Session, case_id: int) -> Sequence[Decision]:
    return db.scalars(select(Decision).where(Decision.case_id == case_id).order_by(Decision.id)).all()


def latest_decision(db: Session, subject: SubjectRef) -> Decision | None:
    """What was last decided about a subject."""
    return db.scalar(
        select(Decision)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id)
        .order_by(Decision.id.desc())
        .limit(1)
    )


def reasons(db: Session) -> Sequence[Reason]:
    """The rules in force, in their published order."""
    return db.scalars(
        select(Reason)
        .where(Reason.standards_version == STANDARDS_VERSION, Reason.retired_at.is_(None))
        .order_by(Reason.place)
    ).all()


def reason(db: Session, code: str, version: int) -> Reason | None:
    return db.get(Reason, (code, version))
