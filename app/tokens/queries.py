"""Named questions about tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.tokens.model import Token


def of_department(db: Session, department_id: int) -> Sequence[Token]:
    """Every one it ever had, the newest first."""
    wanted = select(Token).where(Token.department_id == department_id)
    return db.scalars(wanted.order_by(Token.id.desc())).all()


def one(db: Session, token_id: int, department_id: int) -> Token | None:
    """One of this department; a foreign one is as good as none."""
    return db.scalar(select(Token).where(Token.id == token_id, Token.department_id == department_id))


def living(db: Session, department_id: int, now: datetime) -> Sequence[Token]:
    """Those that work."""
    wanted = select(Token).where(Token.department_id == department_id, Token.ended_at.is_(None), Token.expires_at > now)
    return db.scalars(wanted.order_by(Token.id)).all()


def count_living(db: Session, now: datetime) -> Mapping[int, int]:
    """By department, how many work."""
    counted = select(Token.department_id, func.count()).where(Token.ended_at.is_(None), Token.expires_at > now)
    return {department: many for department, many in db.execute(counted.group_by(Token.department_id))}


def names(db: Session, token_ids: Collection[int | None]) -> Mapping[int, str]:
    """What programs are called."""
    wanted = {i for i in token_ids if i is not None}
    rows = db.execute(select(Token.id, Token.name).where(Token.id.in_(wanted))) if wanted else ()
    return {i: name for i, name in rows}
