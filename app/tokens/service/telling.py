"""Those who act for a department are told before one of its tokens expires: once, while there is time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.departments.queries import officers_of
from app.mail import service as mail
from app.tokens.model import Token
from app.tokens.policy import TokensPolicy

EXPIRES = "tokens/mail/expires"
A_STEP = 100


@dataclass(frozen=True)
class Telling:
    """The job's work."""

    policy: TokensPolicy

    def __call__(self, db: Session, now: datetime) -> int:
        """One step; answers how many tokens were told of."""
        soon = select(Token).where(
            Token.ended_at.is_(None),
            Token.told_at.is_(None),
            Token.expires_at > now,
            Token.expires_at <= now + self.policy.tell_before,
        )
        locked = soon.order_by(Token.expires_at, Token.id).limit(A_STEP).with_for_update()
        tokens = db.scalars(locked.execution_options(populate_existing=True)).all()
        for token in tokens:
            token.told_at = now
            people = dict.fromkeys([*officers_of(db, token.department_id), token.created_by_id])
            facts = {"token": token.id}
            mail.queue(db, [mail.row(EXPIRES, ("account", p), now, facts=facts) for p in people if p is not None])
        db.flush()
        return len(tokens)
