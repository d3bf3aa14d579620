"""What cannot be undone on the day of a breach: sessions ended, and everything mailed out made void."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import STAFF_ROLES
from app.audit import service as audit
from app.core.db import after_commit, rows_changed
from app.core.security import generations
from app.core.security.keys import Keys
from app.core.security.sessions import CITIZEN, STAFF, Lifetime, SignedIn
from app.core.subject import SubjectRef

#: what an area does in the same transaction as a rotation: rows that stand for links and cookies are void with it
AtRotation = Callable[[Session, Keys], None]


class Whom(StrEnum):
    """Whose sessions end."""

    EVERYONE = "everyone"
    STAFF = "staff"
    CITIZENS = "citizens"


def count_sessions(db: Session, now: datetime) -> dict[Whom, int]:
    """How many are open, by whose they are."""

    def count(whom: Whom, lifetime: Lifetime) -> int:
        living = SignedIn.ends_at > now, SignedIn.last_seen_at > now - lifetime.idle
        return db.scalar(select(func.count()).select_from(SignedIn).where(*living, _of(whom))) or 0

    staff, citizens = count(Whom.STAFF, STAFF), count(Whom.CITIZENS, CITIZEN)
    return {Whom.EVERYONE: staff + citizens, Whom.STAFF: staff, Whom.CITIZENS: citizens}


def end_sessions(db: Session, whom: Whom, *, spare: bytes, reason: str, by: int, now: datetime) -> int:
    """End theirs at once, but the one whose row is ``spare``; answers how many ended."""
    ended = rows_changed(db.execute(delete(SignedIn).where(_of(whom), SignedIn.id != spare)))
    facts = {"whom": str(whom), "ended": ended, "reason": reason}
    audit.record(db, "operation.end-sessions", SubjectRef("sessions", 0), by=by, now=now, facts=facts)
    return ended


def rotate_keys(
    db: Session, keys: Keys, voids: Sequence[AtRotation], *, reason: str, by: int, now: datetime
) -> generations.KeyGeneration:
    """A new key generation: tokens, sealed cookies and proofs of before open nothing any more.

    Letters that still wait carry new ones, because a token is made when its letter leaves.
    ``voids`` get the keys as they will be.
    """
    made = generations.begin(db, by=by, reason=reason, now=now)
    fresh = keys.turned(made.salt)
    for make_void in voids:
        make_void(db, fresh)
    subject = SubjectRef("key-generation", made.id)
    audit.record(db, "operation.rotate-keys", subject, by=by, now=now, facts={"reason": reason})
    after_commit(db, partial(keys.turn, made.salt))
    return made


def turn_to_newest(keys: Keys, db: Session) -> None:
    """What the rows say, for this process; see :class:`app.core.watch.Watch`."""
    keys.turn(generations.newest_salt(db))


def _of(whom: Whom) -> ColumnElement[bool]:
    staff = SignedIn.holder_id.in_(select(Account.id).where(Account.role.in_([str(r) for r in STAFF_ROLES])))
    match whom:
        case Whom.STAFF:
            return staff
        case Whom.CITIZENS:
            return ~staff
    return SignedIn.id.is_not(None)
