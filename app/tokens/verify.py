"""What must be true of every token; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.audit.model import AuditEntry
from app.departments.model import Department
from app.tokens.model import Token
from app.tokens.policy import A_YEAR
from app.tokens.rules.scopes import NEEDS, Scope

Broken = Callable[[Session, datetime], Iterable[str]]


def none_outlives_its_department(db: Session, now: datetime) -> Iterable[str]:
    """A department that was dissolved has no token that works."""
    gone = select(Department.id).where(Department.dissolved_at.is_not(None))
    for row in db.scalars(select(Token.id).where(Token.ended_at.is_(None), Token.department_id.in_(gone))):
        yield f"token {row}"


def each_expires_within_a_year(db: Session, now: datetime) -> Iterable[str]:
    """No token works for longer than a year."""
    for token in db.scalars(select(Token).order_by(Token.id)):
        if token.expires_at - token.created_at > timedelta(days=A_YEAR):
            yield f"token {token.id}"


def scopes_are_known(db: Session, now: datetime) -> Iterable[str]:
    """Each may do something, and nothing that the house does not know."""
    for token in db.scalars(select(Token).order_by(Token.id)):
        scopes = set(token.scopes)
        if not scopes or not scopes <= set(Scope) or any(s in scopes and n not in scopes for s, n in NEEDS.items()):
            yield f"token {token.id}"


def each_is_on_record(db: Session, now: datetime) -> Iterable[str]:
    """It is on record who issued a token, and that it was ended."""

    def recorded(act: str) -> ColumnElement[bool]:
        return exists().where(
            AuditEntry.act == act, AuditEntry.subject_kind == "token", AuditEntry.subject_id == Token.id
        )

    for row in db.scalars(select(Token.id).where(~recorded("tokens.issue"))):
        yield f"token {row} was issued by nobody"
    for row in db.scalars(select(Token.id).where(Token.ended_at.is_not(None), ~recorded("tokens.end"))):
        yield f"token {row} was ended by nobody"


LINES: dict[str, Broken] = {
    "no token outlives its department": none_outlives_its_department,
    "tokens expire within a year": each_expires_within_a_year,
    "tokens have scopes that are known": scopes_are_known,
    "tokens are issued and ended on record": each_is_on_record,
}
