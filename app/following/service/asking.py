"""Asking to follow with an address, and confirming it from the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.batches import upsert
from app.core.errors import Conflict, Gone, NotFound
from app.core.i18n import _
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.following import queries
from app.following.contribution import Followable
from app.following.model import MOST_KEY, Follow, Follower
from app.following.policy import FollowingPolicy
from app.following.rules.periods import Period
from app.following.service import followers
from app.mail import mailbox
from app.mail import service as mail

CONFIRM, ALREADY = "following/mail/confirm", "following/mail/already"
RECIPIENT = "following.follower"
#: letters that may be asked for to confirm one follow
MOST_LETTERS = 5
#: and to hear again that one follows it already
ALREADY_EVERY = timedelta(hours=1)
_FOLLOW: Table = Follow.__table__  # type: ignore[assignment]


class NothingToFollow(NotFound):
    code = "nothing-to-follow"
    title = _("There is nothing to follow here")
    message = _("It may have been taken down, or the address is not complete. Nothing was stored.")


class FollowsTooMuch(Conflict):
    code = "follows-too-much"
    title = _("You follow as much as one digest can hold")
    message = _("That is {most} things. Stop one of them first; nothing was changed.")


class FollowLinkOver(Gone):
    code = "follow-link-over"
    title = _("This link no longer works")
    message = _("Its time is over, or what it was for has been stopped since. Ask to follow again for a new letter.")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to follow, and how often to hear of it where they said."""

    kind: str
    key: str
    period: Period | None = None


def read_wish(
    db: Session, followable: Mapping[str, Followable], kind: str, key: str, period: str = ""
) -> tuple[Wish, str]:
    """A wish with its key spelt as it is stored, and its title; raises :class:`NothingToFollow`."""
    what = followable.get(kind)
    normal = what.normal(db, key) if what is not None else None
    found = what.titled(db, normal) if what is not None and normal is not None else None
    if normal is None or found is None or len(normal) > MOST_KEY:
        raise NothingToFollow
    return Wish(kind, normal, Period(period) if period in set(Period) else None), found.title


def ask(db: Session, keys: Keys, policy: FollowingPolicy, address: Address, wish: Wish, now: datetime) -> None:
    """Queue the letter that confirms it, or one that says it is followed already. A mailbox that got too many gets none.

    It goes to the canonical form of the address: that is the mailbox whose follows are shown and changed.
    """
    box = mailbox.mailbox_key(keys, address)
    if mail.room_in_mailboxes(db, [box], now)[box] <= 0:
        return
    follower = followers.of_address(db, keys, address, now)
    follow = _wished(db, follower, wish, now)
    template = _letter(db, follow, policy, wish, now)
    db.flush()
    if template:
        row = mail.row(template, (RECIPIENT, follower.id), now, facts={"follow": follow.id})
        mail.count_letters(db, {box: 1}, now)
        mail.queue(db, [row | {"language": follower.language}])


def follow(db: Session, keys: Keys, policy: FollowingPolicy, account: Account, wish: Wish, now: datetime) -> Follow:
    """By a member whose address is proven: at once, without a letter."""
    follower = followers.of_account(db, keys, account, now)
    return add(db, policy, follower, wish, now)


def add(db: Session, policy: FollowingPolicy, follower: Follower, wish: Wish, now: datetime) -> Follow:
    """By whoever is proven to be this follower, which is locked; raises :class:`FollowsTooMuch`."""
    wanted = _wished(db, follower, wish, now)
    wanted.wish = wish.period  # what a stranger may have asked for in a letter that nobody opened is no wish of theirs
    _count(db, policy, follower, wanted, now)
    return wanted


def opened(db: Session, policy: FollowingPolicy, follow_id: int, now: datetime) -> Follow:
    """What a letter's link would confirm, or has confirmed; raises :class:`FollowLinkOver`."""
    found = db.get(Follow, follow_id, populate_existing=True)
    if found is None or (found.confirmed_at is None and found.asked_at + policy.confirm_within <= now):
        raise FollowLinkOver
    return found


def confirm(db: Session, policy: FollowingPolicy, follow_id: int, now: datetime) -> Follower:
    """The mailbox's owner has pressed the button. Twice is as once."""
    known = opened(db, policy, follow_id, now)
    follower = followers.by_id(db, known.follower_id, lock=True)
    wanted = opened(db, policy, follow_id, now)
    assert follower is not None
    if wanted.confirmed_at is None:
        _count(db, policy, follower, wanted, now)
    return follower


def _count(db: Session, policy: FollowingPolicy, follower: Follower, wanted: Follow, now: datetime) -> None:
    """From now on it is in the digests."""
    if follower.stopped_at is not None:  # what was stopped then stays so: this one is a new beginning
        others = (Follow.follower_id == follower.id, Follow.id != wanted.id, Follow.confirmed_at.is_not(None))
        db.execute(delete(Follow).where(*others))
        follower.stopped_at = None
    if wanted.confirmed_at is None and queries.how_many(db, follower.id) >= policy.most:
        raise FollowsTooMuch(most=policy.most)
    wanted.confirmed_at = wanted.confirmed_at or now
    follower.confirmed_at = follower.confirmed_at or now
    if wanted.wish:
        follower.period, wanted.wish = wanted.wish, None
    db.flush()


def _wished(db: Session, follower: Follower, wish: Wish, now: datetime) -> Follow:
    """The row of this wish, which is made where there is none; its follower is locked."""
    row = {"id": new_id(), "follower_id": follower.id, "kind": wish.kind, "key": wish.key}
    more = {"asked_at": now, "letters": 0, "wish": wish.period}
    db.execute(upsert(db, _FOLLOW).values(**row, **more).on_conflict_do_nothing())
    same = (Follow.follower_id == follower.id, Follow.kind == wish.kind, Follow.key == wish.key)
    return db.scalars(select(Follow).where(*same).execution_options(populate_existing=True)).one()


def _letter(db: Session, follow: Follow, policy: FollowingPolicy, wish: Wish, now: datetime) -> str | None:
    """Which letter this request brings; none where enough were sent."""
    if follow.confirmed_at is not None:
        if follow.letters and now < follow.asked_at + ALREADY_EVERY:
            return None
        follow.letters, follow.asked_at = 1, now
        return ALREADY
    if follow.asked_at + policy.confirm_within <= now:
        follow.letters = 0
    if follow.letters >= MOST_LETTERS:
        return None
    follow.letters, follow.asked_at = follow.letters + 1, now
    follow.wish = wish.period or follow.wish
    return CONFIRM
