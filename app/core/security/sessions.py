"""Sessions of our own: a row per signed-in browser, found by the digest of its cookie.

The token is new at every sign-in, deleting the row ends the session, and no request writes a
session back, so neither fixation nor a slow request can bring one to life.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, BigId, Instant

SEEN_EVERY = timedelta(minutes=1)


class SignedIn(Base):
    """One signed-in browser. ``holder_id`` is the account's row; core does not know accounts."""

    __tablename__ = "core_session"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    holder_id: Mapped[int] = mapped_column(BigId, index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    idle_seconds: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends_at or now >= self.last_seen_at + timedelta(seconds=self.idle_seconds)


@dataclass(frozen=True)
class Lifetime:
    """How long a session lives unused, and at most."""

    idle: timedelta
    most: timedelta


STAFF = Lifetime(timedelta(minutes=30), timedelta(hours=12))


def begin(db: Session, holder_id: int, lifetime: Lifetime, now: datetime) -> str:
    """A new session's token, to be set as the cookie; only its digest is stored."""
    token = secrets.token_urlsafe(32)
    db.add(
        SignedIn(
            id=_digest(token),
            holder_id=holder_id,
            created_at=now,
            last_seen_at=now,
            idle_seconds=int(lifetime.idle.total_seconds()),
            ends_at=now + lifetime.most,
        )
    )
    return token


def find(db: Session, token: str, now: datetime) -> SignedIn | None:
    row = db.get(SignedIn, _digest(token)) if token else None
    return None if row is None or row.is_over(now) else row


def seen(db: Session, session: SignedIn, now: datetime) -> None:
    """Note that it is in use; an ended session stays ended."""
    db.execute(update(SignedIn).where(SignedIn.id == session.id, SignedIn.last_seen_at < now).values(last_seen_at=now))


def end(db: Session, token: str) -> None:
    db.execute(delete(SignedIn).where(SignedIn.id == _digest(token)))


def end_all(db: Session, holder_id: int) -> None:
    db.execute(delete(SignedIn).where(SignedIn.holder_id == holder_id))


def forget_ended(db: Session, now: datetime) -> int:
    ended = list(db.scalars(select(SignedIn.id).where(SignedIn.ends_at <= now)))
    db.execute(delete(SignedIn).where(SignedIn.id.in_(ended)))
    return len(ended)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
