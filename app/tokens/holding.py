"""What tokens hold about one person: that they issued some. Programs are no persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.holding import Person, Section
from app.core.errors import NotFound
from app.tokens.model import Token
from app.tokens.service import ending


class TokenHolding:
    """Tokens that somebody issued while they held an office: they end with the account."""

    def sections(self, db: Session, person: Person, now: datetime) -> Sequence[Section]:
        return ()

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        raise NotFound

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        if person.account_id is None:
            return {}
        rows = db.scalars(select(Token).where(Token.created_by_id == person.account_id).order_by(Token.id))
        issued = [{"name": t.name, "issued_at": t.created_at.isoformat()} for t in rows]
        return {"tokens_issued": issued} if issued else {}

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        if person.account_id is None:
            return
        ending.end_of_issuer(db, person.account_id, now)
        db.execute(update(Token).where(Token.created_by_id == person.account_id).values(created_by_id=None))
