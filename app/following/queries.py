"""Named questions about followers and what they follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.holding import Person
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.following.model import Follow, Follower, Happening, HappeningTag
from app.mail.mailbox import mailbox_key

#: confirmed by their owner, who has not stopped them
LIVE: ColumnElement[bool] = and_(Follower.confirmed_at.is_not(None), Follower.stopped_at.is_(None))


def followers_of(db: Session, keys: Keys, person: Person, *, lock: bool = False) -> Sequence[Follower]:
    """The person's own: of their account, and of the mailbox that is proven to be theirs."""
    whose = []
    if person.account_id is not None:
        whose.append(Follower.account_id == person.account_id)
    if person.address is not None:
        whose.append(Follower.mailbox == mailbox_key(keys, person.address))
    if not whose:
        return ()
    wanted = select(Follower).where(or_(*whose)).order_by(Follower.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return db.scalars(wanted).all()


def followed_by(db: Session, follower_id: int, *, pending: bool = False) -> Sequence[Follow]:
    """What somebody follows, the newest first; with ``pending`` also what was never confirmed."""
    wanted = select(Follow).where(Follow.follower_id == follower_id)
    if not pending:
        wanted = wanted.where(Follow.confirmed_at.is_not(None))
    return db.scalars(wanted.order_by(Follow.asked_at.desc(), Follow.id.desc())).all()


def how_many(db: Session, follower_id: int) -> int:
    counted = select(func.count()).where(Follow.follower_id == follower_id, Follow.confirmed_at.is_not(None))
    return db.scalar(counted) or 0


def news_for(
    db: Session, follower_id: int, since: datetime, until: datetime, most: int
) -> Sequence[Row[str, str, Happening]]:
    """Happenings with the follow that each is found by, the newest first; one that several find comes several times."""
    found = (
        select(Follow.kind, Follow.key, Happening)
        .select_from(Follow)
        .join(HappeningTag, and_(HappeningTag.kind == Follow.kind, HappeningTag.key == Follow.key))
        .join(Happening, Happening.id == HappeningTag.happening_id)
        .where(
            Follow.follower_id == follower_id,
            Follow.confirmed_at.is_not(None),
            HappeningTag.at > since,
            HappeningTag.at > Follow.confirmed_at,
            HappeningTag.at <= until,
        )
        .order_by(HappeningTag.at.desc(), Happening.id.desc(), Follow.id)
    )
    return db.execute(found.limit(most)).all()


def subjects_in_the_news(db: Session, kind: str, since: datetime, until: datetime) -> list[int]:
    """Subjects of one kind of which something happened after ``since``, up to ``until``."""
    within = (Happening.at > since, Happening.at <= until)
    return list(db.scalars(select(Happening.subject_id).where(*within, Happening.subject_kind == kind).distinct()))


def happenings_of(
    db: Session, subjects: Sequence[SubjectRef], since: datetime, until: datetime
) -> Sequence[Row[int, datetime]]:
    """Id and instant of what happened to these subjects in that time."""
    found: list[Row[int, datetime]] = []
    by_kind: dict[str, list[int]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject.id)
    for kind, ids in sorted(by_kind.items()):
        for start in range(0, len(ids), 500):
            some = (Happening.subject_kind == kind, Happening.subject_id.in_(ids[start : start + 500]))
            within = (Happening.at > since, Happening.at <= until)
            found += db.execute(select(Happening.id, Happening.at).where(*within, *some)).all()
    return found
