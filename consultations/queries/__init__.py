"""Named questions about one consultation; lists and searches are in ``finding``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Consultation, DateChange, LatePass, Supporting
from consultations.rules.lifecycle import READABLE


def public_consultation(db: Session, consultation_id: int) -> Consultation | None:
    """One whose text everyone may read: published, or withdrawn with its explanation."""
    found = db.get(Consultation, consultation_id)
    return found if found is not None and found.state in READABLE else None


def supporting(db: Session, consultation_id: int) -> Sequence[int]:
    """The departments that help the lead one."""
    return db.scalars(
        select(Supporting.department_id)
        .where(Supporting.consultation_id == consultation_id)
        .order_by(Supporting.department_id)
    ).all()


def date_changes(db: Session, consultation_id: int) -> Sequence[DateChange]:
    """Every other day of closing it was given, the oldest first."""
    return db.scalars(
        select(DateChange).where(DateChange.consultation_id == consultation_id).order_by(DateChange.id)
    ).all()


def late_passes(db: Session, consultation_id: int) -> Sequence[LatePass]:
    """The oldest first, those revoked among them."""
    return db.scalars(select(LatePass).where(LatePass.consultation_id == consultation_id).order_by(LatePass.id)).all()
