"""Second factors moved to a new secret; what lives for a day or less is thrown away instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.model import SEALED_TOTP, Account, Attempts, Draft, MailedLink
from app.accounts.service import inviting
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step

A_STEP = 500


class AccountRekeyer:
    """Accounts with a second factor; mailed links, drafts and counted attempts go. Recovery codes hang on no secret."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        for table in (MailedLink, Draft, Attempts):
            db.execute(delete(table))
        inviting.make_void(db, new)
        rows = db.scalars(
            select(Account)
            .where(Account.id > after, Account.totp_sealed.is_not(None))
            .order_by(Account.id)
            .limit(A_STEP)
        ).all()
        moved = 0
        for account in rows:
            moved += _move(account, old, new)
        db.flush()
        reached = rows[-1].id if rows else after
        return Step(reached, moved, len(rows) - moved, is_last=len(rows) < A_STEP)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        for account in db.scalars(select(Account).where(Account.totp_sealed.is_not(None))):
            try:
                keys.unseal(account.totp_sealed or b"", bound_to(account))
            except CannotUnseal:
                yield f"the second factor of account {account.id} cannot be opened"

    def left_to_do(self, db: Session) -> Iterable[str]:
        return ()


def _move(account: Account, old: Keys, new: Keys) -> bool:
    try:
        words = old.unseal(account.totp_sealed or b"", bound_to(account))
    except CannotUnseal:
        return False
    account.totp_sealed = new.seal(words, bound_to(account))
    return True


def bound_to(account: Account) -> bytes:
    """As :mod:`app.accounts.service.factor` seals it."""
    return SEALED_TOTP + b"totp:%d" % account.id
