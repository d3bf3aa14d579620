"""Followers moved to a new secret: their mailbox's digest, and the address sealed beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.following.model import Follower
from app.following.service.followers import bound_to, seal_address
from app.mail.mailbox import address_of, mailbox_key

A_STEP = 500


class FollowingRekeyer:
    """In the order of the followers' own numbers, which no secret changes. Those of an account hang on none."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        with_mailbox = select(Follower).where(Follower.id > after, Follower.mailbox.is_not(None))
        rows = db.scalars(with_mailbox.order_by(Follower.id).limit(A_STEP)).all()
        moved = sum(_move(follower, old, new) for follower in rows)
        db.flush()
        return Step(rows[-1].id if rows else after, moved, len(rows) - moved, is_last=len(rows) < A_STEP)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        rows = select(Follower.id, Follower.mailbox, Follower.sealed).where(Follower.mailbox.is_not(None))
        for number, mailbox, sealed in db.execute(rows.execution_options(yield_per=1_000)):
            try:
                address = address_of(keys.unseal(sealed or b"", bound_to(mailbox or b""))["email"])
            except CannotUnseal:
                yield f"the address of follower {number} cannot be opened"
                continue
            if mailbox != mailbox_key(keys, address):
                yield f"the address of follower {number} is of another mailbox"

    def left_to_do(self, db: Session) -> Iterable[str]:
        return ()


def _move(follower: Follower, old: Keys, new: Keys) -> bool:
    assert follower.mailbox is not None
    try:
        address = address_of(old.unseal(follower.sealed or b"", bound_to(follower.mailbox))["email"])
    except CannotUnseal:
        return False
    follower.mailbox = mailbox_key(new, address)
    follower.sealed = seal_address(new, follower.mailbox, address.canonical)
    return True
