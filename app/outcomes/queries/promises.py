"""What a department promised."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.outcomes.model import Commitment
from app.outcomes.rules.commitments import OPEN

_STANDING = (Commitment.withdrawn_at.is_(None), Commitment.sandbox.is_(False))


def open_ones(db: Session, department_id: int, most: int = 500) -> Sequence[Commitment]:
    """Still to keep, by their day: those that are late come first."""
    wanted = select(Commitment).where(
        Commitment.department_id == department_id, Commitment.progress.in_(OPEN), *_STANDING
    )
    return db.scalars(wanted.order_by(Commitment.due_on, Commitment.id).limit(most)).all()


def ended(db: Session, department_id: int, most: int = 100) -> Sequence[Commitment]:
    """Done or dropped, the newest end first."""
    wanted = select(Commitment).where(
        Commitment.department_id == department_id, Commitment.progress.not_in(OPEN), *_STANDING
    )
    return db.scalars(wanted.order_by(Commitment.ended_at.desc(), Commitment.id.desc()).limit(most)).all()


def one(db: Session, commitment_id: int, department_id: int) -> Commitment | None:
    """A promise of this department that stands; one made to practise with too."""
    wanted = select(Commitment).where(
        Commitment.id == commitment_id, Commitment.department_id == department_id, Commitment.withdrawn_at.is_(None)
    )
    return db.scalar(wanted.execution_options(populate_existing=True))
