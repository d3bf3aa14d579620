"""Named questions about tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.departments.model import Department
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


class Issued(NamedTuple):
    """A token that works, and whom it acts for."""

    token: Token
    department: Department


def issued_by(db: Session, account_id: int, now: datetime) -> Sequence[Issued]:
    """What one person issued and still works, for whoever judges what is left of them."""
    wanted = select(Token, Department).join(Department, Department.id == Token.department_id)
    working = (Token.created_by_id == account_id, Token.ended_at.is_(None), Token.expires_at > now)
    return [Issued(*row) for row in db.execute(wanted.where(*working).order_by(Department.name, Token.id))]


def of_disabled(db: Session, tokens: Collection[Token]) -> frozenset[int]:
    """Those of these whose issuer's account is disabled, by number."""
    issuers = {token.created_by_id for token in tokens if token.created_by_id is not None}
    gone = select(Account.id).where(Account.id.in_(issuers), Account.disabled_at.is_not(None))
    disabled = set(db.scalars(gone)) if issuers else set[int]()
    return frozenset(token.id for token in tokens if token.created_by_id in disabled)


def names(db: Session, token_ids: Collection[int | None]) -> Mapping[int, str]:
    """What programs are called."""
    wanted = {i for i in token_ids if i is not None}
    rows = db.execute(select(Token.id, Token.name).where(Token.id.in_(wanted))) if wanted else ()
    return {i: name for i, name in rows}
