"""Sessions of our own: a row per signed-in browser, found by the digest of its cookie.

The token is new at every sign-in and whenever its holder proves again who they are, deleting the row ends the session, and no request writes a
session back, so neither fixation nor a slow request can bring one to life.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import LargeBinary, String, delete, false, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, BigId, Instant, rows_changed

SEEN_EVERY = timedelta(minutes=1)
FRESH_FOR = timedelta(minutes=10)
#: a session that ran out is remembered this long, so that what its holder then sends is not lost
LAPSED_FOR = timedelta(hours=24)


class SignedIn(Base):
    """One signed-in browser. ``holder_id`` is the account's row; core does not know accounts."""

    __tablename__ = "core_session"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    holder_id: Mapped[int] = mapped_column(BigId, index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    idle_seconds: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    #: when its holder last proved to be who they are
    fresh_at: Mapped[datetime | None] = mapped_column(Instant)
    #: begun or renewed with a second factor
    strong: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: the digest of the browser's own cookie, and of its network; what a list of one's sessions shows
    device: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    network: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    label: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))

    @property
    def idle_at(self) -> datetime:
        """When it ends if nobody uses it until then."""
        return min(self.ends_at, self.last_seen_at + timedelta(seconds=self.idle_seconds))

    def is_over(self, now: datetime) -> bool:
        return now >= self.idle_at

    def lapsed_lately(self, now: datetime) -> bool:
        """Whether it ran out by itself, and a short while ago."""
        return self.is_over(now) and now < self.idle_at + LAPSED_FOR

    def is_fresh(self, now: datetime) -> bool:
        """Whether its holder proved who they are a short while ago."""
        return self.fresh_at is not None and now < self.fresh_at + FRESH_FOR


@dataclass(frozen=True)
class Lifetime:
    """How long a session lives unused, and at most."""

    idle: timedelta
    most: timedelta


STAFF = Lifetime(timedelta(minutes=30), timedelta(hours=12))
CITIZEN = Lifetime(timedelta(hours=24), timedelta(days=30))


class Browser(NamedTuple):
    """What a list of one's sessions shows, and what tells a new device from a known one."""

    #: such as "Firefox on Linux"
    label: str = ""
    #: keyed digest of its network
    network: bytes | None = None

    @property
    def device(self) -> bytes | None:
        return hashlib.sha256(self.label.encode()).digest() if self.label else None


UNKNOWN = Browser()


def begin(
    db: Session,
    holder_id: int,
    lifetime: Lifetime,
    now: datetime,
    *,
    browser: Browser = UNKNOWN,
    strong: bool = False,
) -> str:
    """A new session's token, to be set as the cookie; only its digest is stored. Its holder has just proved who they are."""
    token = secrets.token_urlsafe(32)
    db.add(
        SignedIn(
            id=digest(token),
            holder_id=holder_id,
            created_at=now,
            last_seen_at=now,
            idle_seconds=int(lifetime.idle.total_seconds()),
            ends_at=now + lifetime.most,
            fresh_at=now,
            strong=strong,
            device=browser.device,
            network=browser.network,
            label=browser.label[:80],
        )
    )
    return token


def find(db: Session, token: str, now: datetime) -> SignedIn | None:
    """The living session of this token."""
    row = db.get(SignedIn, digest(token)) if token else None
    return None if row is None or row.is_over(now) else row


def find_lapsed(db: Session, token: str, now: datetime) -> SignedIn | None:
    """A session that ran out by itself a short while ago; one that was ended is never found."""
    row = db.get(SignedIn, digest(token)) if token else None
    return row if row is not None and row.lapsed_lately(now) else None


def of_holder(db: Session, holder_id: int, now: datetime) -> Sequence[SignedIn]:
    """Their living sessions, the one used last first."""
    rows = db.scalars(select(SignedIn).where(SignedIn.holder_id == holder_id, SignedIn.ends_at > now))
    return sorted((row for row in rows if not row.is_over(now)), key=lambda row: row.last_seen_at, reverse=True)


def alive(db: Session, ids: Collection[bytes], now: datetime) -> set[bytes]:
    """Which of these sessions (by the digests of their tokens) still live; live sockets ask every second."""
    found: set[bytes] = set()
    known = list(ids)
    for start in range(0, len(known), 500):
        rows = db.scalars(select(SignedIn).where(SignedIn.id.in_(known[start : start + 500])))
        found |= {row.id for row in rows if not row.is_over(now)}
    return found


def seen(db: Session, session: SignedIn, now: datetime) -> None:
    """Note that it is in use; an ended session stays ended. The host of a live hall is kept by this."""
    db.execute(update(SignedIn).where(SignedIn.id == session.id, SignedIn.last_seen_at < now).values(last_seen_at=now))


def end(db: Session, token: str) -> None:
    end_one(db, digest(token))


def end_one(db: Session, session_id: bytes) -> bool:
    """Whether there was one to end."""
    return rows_changed(db.execute(delete(SignedIn).where(SignedIn.id == session_id))) == 1


def end_all(db: Session, holder_id: int, *, but: bytes | None = None) -> int:
    """End every session of theirs, ``but`` one; answers how many."""
    ended = delete(SignedIn).where(SignedIn.holder_id == holder_id)
    return rows_changed(db.execute(ended if but is None else ended.where(SignedIn.id != but)))


def end_everyones(db: Session) -> int:
    """The breach drill: nobody is signed in any more."""
    return rows_changed(db.execute(delete(SignedIn)))


def forget_ended(db: Session, now: datetime) -> int:
    ended = list(db.scalars(select(SignedIn.id).where(SignedIn.ends_at <= now - LAPSED_FOR)))
    db.execute(delete(SignedIn).where(SignedIn.id.in_(ended)))
    return len(ended)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
