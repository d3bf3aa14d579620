"""Stopping: one thing, or every digest, with its undo; another period; and being forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session

from app.core.db import rows_changed
from app.core.errors import NotFound
from app.following import queries
from app.following.model import Follow, Follower, Happening, Issue
from app.following.policy import FollowingPolicy
from app.following.rules.periods import Period
from app.following.service import followers
from app.following.service.asking import RECIPIENT
from app.following.service.digests import once
from app.mail import service as mail

#: what a letter's row says when its reader wanted no more
STOPPED = "stopped"
#: so long can it be undone
UNDO_FOR = timedelta(days=30)
FORGET_HAPPENINGS_AFTER = timedelta(days=60)
A_STEP = 1_000


def stop_one(db: Session, follower_id: int, follow_id: int, now: datetime) -> tuple[str, str]:
    """No more of this one thing; answers its kind and key, by which it can be followed again."""
    follower, found = _known(db, follower_id), db.get(Follow, follow_id)
    if found is None or found.follower_id != follower_id:
        raise NotFound
    db.delete(found)
    db.flush()
    if not queries.how_many(db, follower_id):  # as if all had been stopped: the address is forgotten in its time
        follower.stopped_at = follower.stopped_at or now
        db.flush()
    return found.kind, found.key


def change_period(db: Session, follower_id: int, period: Period) -> None:
    _known(db, follower_id).period = period
    db.flush()


def stop_all(db: Session, follower_id: int, now: datetime) -> None:
    """No more digests, nor the one that waits to be sent. Twice is as once."""
    follower = followers.by_id(db, follower_id, lock=True)
    if follower is None:
        return
    follower.stopped_at = follower.stopped_at or now
    db.flush()
    mail.drop_unwanted(db, _newest(follower), STOPPED, now)


def go_on(db: Session, follower_id: int) -> None:
    """The undo of :func:`stop_all`."""
    follower = followers.by_id(db, follower_id, lock=True)
    if follower is None or follower.stopped_at is None:
        return
    follower.stopped_at = None
    db.flush()
    mail.want_again(db, _newest(follower), STOPPED)


def forget(db: Session, follower_id: int, now: datetime) -> None:
    """The address and all that was followed with it, at once."""
    follower = followers.by_id(db, follower_id, lock=True)
    if follower is not None:
        db.execute(delete(Follow).where(Follow.follower_id == follower.id))
        db.delete(follower)
        db.flush()
        mail.drop_waiting(db, RECIPIENT, [follower.id], now)


class Forgetting:
    """What has had its time, a step at a time."""

    def __init__(self, policy: FollowingPolicy) -> None:
        self.policy = policy

    def __call__(self, db: Session, now: datetime) -> int:
        return (
            self._unconfirmed(db, now)
            or _followers(db, Follower.stopped_at <= now - UNDO_FOR, now)
            or self._empty(db, now)
            or _happenings(db, now)
        )

    def _unconfirmed(self, db: Session, now: datetime) -> int:
        """Follows whose letter nobody opened in time."""
        late = (Follow.confirmed_at.is_(None), Follow.asked_at <= now - self.policy.confirm_within)
        some = select(Follow.id).where(*late).limit(A_STEP)
        return rows_changed(db.execute(delete(Follow).where(Follow.id.in_(some), *late)))

    def _empty(self, db: Session, now: datetime) -> int:
        """Mailboxes whose owners never confirmed anything."""
        nothing = ~select(Follow.id).where(Follow.follower_id == Follower.id).exists()
        return _followers(db, and_(Follower.confirmed_at.is_(None), nothing), now)


def _followers(db: Session, which: ColumnElement[bool], now: datetime) -> int:
    wanted = select(Follower.id).where(which).order_by(Follower.id).limit(A_STEP)
    found = db.scalars(wanted.with_for_update(skip_locked=True)).all()
    if found:
        db.execute(delete(Follow).where(Follow.follower_id.in_(found)))
        db.execute(delete(Follower).where(Follower.id.in_(found)))
        mail.drop_waiting(db, RECIPIENT, found, now)
    return len(found)


def _happenings(db: Session, now: datetime) -> int:
    """Their tags go with them."""
    before = now - FORGET_HAPPENINGS_AFTER
    db.execute(delete(Issue).where(Issue.until < before, Issue.done_at.is_not(None)))
    old = select(Happening.id).where(Happening.at < before).order_by(Happening.at).limit(A_STEP)
    return rows_changed(db.execute(delete(Happening).where(Happening.id.in_(old))))


def _known(db: Session, follower_id: int) -> Follower:
    follower = followers.by_id(db, follower_id, lock=True)
    if follower is None:
        raise NotFound
    return follower


def _newest(follower: Follower) -> list[str]:
    """By what the outbox calls the digest that may still wait."""
    return [once(follower.id, follower.digest_until)] if follower.digest_until is not None else []
