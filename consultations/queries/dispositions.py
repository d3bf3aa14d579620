"""What the department does with the comments on each clause: as it stands on the desk, and as it was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consultations.model import Disposition, TextAnswers


def newest(db: Session, consultation_id: int, *, up_to: int | None = None) -> Mapping[int, Disposition]:
    """By clause; of rows up to ``up_to`` alone where that is given."""
    of_this = [Disposition.consultation_id == consultation_id]
    if up_to is not None:
        of_this.append(Disposition.id <= up_to)
    last = select(func.max(Disposition.id)).where(*of_this).group_by(Disposition.clause_id)
    return {d.clause_id: d for d in db.scalars(select(Disposition).where(Disposition.id.in_(last)))}


def of_clause(db: Session, clause_id: int) -> Sequence[Disposition]:
    """Every version of it, the newest first."""
    wanted = select(Disposition).where(Disposition.clause_id == clause_id)
    return db.scalars(wanted.order_by(Disposition.version.desc())).all()


def last_row(db: Session, consultation_id: int) -> int:
    """The newest of all; 0 where there is none."""
    return db.scalar(select(func.max(Disposition.id)).where(Disposition.consultation_id == consultation_id)) or 0


def publications(db: Session, consultation_id: int) -> Sequence[TextAnswers]:
    """The newest first."""
    wanted = select(TextAnswers).where(TextAnswers.consultation_id == consultation_id)
    return db.scalars(wanted.order_by(TextAnswers.number.desc())).all()


def published(db: Session, consultation_id: int, number: int | None = None) -> Mapping[int, Disposition]:
    """By clause, what everyone reads: of the newest publication, or of one before; none where nothing was published."""
    found = next((p for p in publications(db, consultation_id) if number in (None, p.number)), None)
    return newest(db, consultation_id, up_to=found.up_to) if found else {}
