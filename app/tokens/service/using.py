"""A program shows a token: whose it is, and what it may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.core.db import Database
from app.departments.model import Department
from app.tokens.model import Token
from app.tokens.rules import texts
from app.tokens.rules.refusals import TokenExpired, TokenRevoked, TokenUnknown

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Program:
    """A department's program behind the door, for one request. ``id``: its token's."""

    id: int
    department_id: int
    name: str
    scopes: Collection[str]


def look(database: Database, text: str, now: datetime) -> Program:
    """Whose token this is; :class:`TokenUnknown`, :class:`TokenRevoked`, :class:`TokenExpired`.

    Found by its digest alone, so that the time it takes says nothing about any token.
    """
    if not texts.is_well_formed(text):
        raise TokenUnknown
    with database.reading() as db:
        token = db.scalar(select(Token).where(Token.digest == texts.digest(text)))
        if token is None:
            raise TokenUnknown
        _check(db, token, now)
        program = Program(token.id, token.department_id, token.name, frozenset(token.scopes))
        unseen = token.last_used_at is None or now - token.last_used_at >= SEEN_EVERY
    if unseen:
        database.retrying(lambda db: _seen(db, program.id, now))
    return program


def _check(db: Session, token: Token, now: datetime) -> None:
    """A department that was dissolved has none that work, whatever became of its rows."""
    department = db.get_one(Department, token.department_id)
    if token.ended_at is not None or department.dissolved_at is not None:
        raise TokenRevoked
    if now >= token.expires_at:
        raise TokenExpired


def _seen(db: Session, token_id: int, now: datetime) -> None:
    lately = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - SEEN_EVERY)
    db.execute(update(Token).where(Token.id == token_id, lately).values(last_used_at=now))
