"""Whose matter a subject is."""

from __future__ import annotations

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.outcomes.model import Referral, Support


def is_on_desk(db: Session, department_id: int, subject: SubjectRef) -> bool:
    """Whether anything about it lies, or lay, with this department, be it that it only helps."""
    helps = exists().where(Support.referral_id == Referral.id, Support.department_id == department_id)
    wanted = exists().where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        or_(Referral.department_id == department_id, helps),
    )
    return bool(db.scalar(select(wanted)))
