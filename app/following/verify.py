"""What must be true of following; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import String, and_, cast, exists, or_, select
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.following.model import Follow, Follower, Happening, HappeningTag
from app.following.rekeying import FollowingRekeyer
from app.following.service.digests import DIGEST, RECIPIENT
from app.mail.model import Letter, LetterState

Broken = Callable[[Session, datetime], Iterable[str]]


def digests_go_to_the_confirmed(db: Session, now: datetime) -> Iterable[str]:
    """Nobody has a digest waiting, or was told anything, who has not pressed the button in a letter."""
    waiting = select(Letter.recipient_id).where(
        Letter.state == LetterState.WAITING, Letter.template == DIGEST, Letter.recipient_kind == RECIPIENT
    )
    told = or_(Follower.id.in_(waiting), Follower.digest_until.is_not(None))
    for row in db.scalars(select(Follower.id).where(told, Follower.confirmed_at.is_(None))):
        yield f"follower {row}"


def follows_have_a_confirmed_follower(db: Session, now: datetime) -> Iterable[str]:
    """What was confirmed belongs to somebody who has confirmed their mailbox, and none before that."""
    wrong = (
        select(Follow.id)
        .join(Follower, Follower.id == Follow.follower_id)
        .where(
            Follow.confirmed_at.is_not(None),
            or_(Follower.confirmed_at.is_(None), Follow.confirmed_at < Follower.confirmed_at),
        )
    )
    for row in db.scalars(wrong):
        yield f"follow {row}"


def happenings_are_found(db: Session, now: datetime) -> Iterable[str]:
    """Each happening bears the tag of its subject."""
    own = exists().where(
        HappeningTag.happening_id == Happening.id,
        HappeningTag.kind == Happening.subject_kind,
        HappeningTag.key == cast(Happening.subject_id, String),
    )
    for row in db.scalars(select(Happening.id).where(~own)):
        yield f"happening {row}"


def tags_point_at_happenings(db: Session, now: datetime) -> Iterable[str]:
    """Each tag has its happening, and its instant."""
    wrong = (
        select(HappeningTag.kind, HappeningTag.happening_id)
        .outerjoin(Happening, and_(Happening.id == HappeningTag.happening_id, Happening.at == HappeningTag.at))
        .where(Happening.id.is_(None))
    )
    for kind, row in db.execute(wrong):
        yield f"{kind} of happening {row}"


def lines(keys: Keys) -> dict[str, Broken]:
    """Name -> what finds the faults."""

    def addresses_open(db: Session, now: datetime) -> Iterable[str]:
        """A sealed address opens, and belongs to the mailbox beside it."""
        return FollowingRekeyer().unreadable(db, keys)

    return {
        "digests go to confirmed mailboxes": digests_go_to_the_confirmed,
        "follows have a confirmed follower": follows_have_a_confirmed_follower,
        "happenings bear the tag of their subject": happenings_are_found,
        "tags point at happenings": tags_point_at_happenings,
        "sealed addresses open and fit their mailbox": addresses_open,
    }
