"""A token works no more, from the next request on: revoked, or because what it stood on is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.clock import Clock
from app.core.errors import NotFound
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.tokens.model import Token


def revoke(db: Session, token_id: int, department_id: int, *, reason: str, by: int, now: datetime) -> Token:
    """Somebody ends it, and says why. Twice is once. A token of another department is as good as none."""
    wanted = select(Token).where(Token.id == token_id, Token.department_id == department_id)
    token = db.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if token is None:
        raise NotFound
    if token.ended_at is None:
        _end(db, token, "revoked", by=by, now=now, reason=reason)
    return token


def end_of_department(db: Session, department_id: int, *, by: int | None, now: datetime) -> int:
    """It was dissolved; answers how many tokens ended. They stay ended if it is brought back."""
    return _end_all(db, Token.department_id == department_id, "dissolved", by=by, now=now)


def end_of_issuer(db: Session, account_id: int, now: datetime) -> int:
    """Whoever issued them is forgotten here, and nobody answers for them any more."""
    return _end_all(db, Token.created_by_id == account_id, "erased", by=None, now=now)


@dataclass(frozen=True)
class EndAtRotation:
    """With a rotation of the keys every token ends: on the day of a breach nobody knows who has read them."""

    clock: Clock

    def __call__(self, db: Session, fresh: Keys) -> None:
        _end_all(db, Token.id.is_not(None), "rotated", by=None, now=self.clock.now())


def _end_all(db: Session, which: ColumnElement[bool], why: str, *, by: int | None, now: datetime) -> int:
    rows = select(Token).where(which, Token.ended_at.is_(None)).order_by(Token.id).with_for_update()
    tokens = db.scalars(rows.execution_options(populate_existing=True)).all()
    for token in tokens:
        _end(db, token, why, by=by, now=now)
    return len(tokens)


def _end(db: Session, token: Token, why: str, *, by: int | None, now: datetime, reason: str = "") -> None:
    token.ended_at, token.ended_why, token.ended_by_id = now, why, by
    db.flush()
    facts = {"why": why, "department": token.department_id} | ({"reason": reason} if reason else {})
    audit.record(db, "tokens.end", SubjectRef("token", token.id), by=by, now=now, facts=facts)
