"""Finding a follower's row, or making it, so that two who come at once find one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.accounts.joining import account_of
from app.accounts.model import Account
from app.core.batches import upsert
from app.core.i18n import language
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.following.model import Follower
from app.following.rules.periods import Period
from app.mail.mailbox import mailbox_key

_TABLE: Table = Follower.__table__  # type: ignore[assignment]


def of_address(db: Session, keys: Keys, address: Address, now: datetime) -> Follower:
    """Whoever reads this mailbox, locked. Where an account has it, the account's own, so that one digest comes."""
    account = account_of(db, address)
    if account is not None and is_proven(account):
        return of_account(db, keys, account, now)
    box = mailbox_key(keys, address)
    sealed = seal_address(keys, box, address.canonical)
    return _made_or_found(db, now, mailbox=box, sealed=sealed, account_id=None)


def of_account(db: Session, keys: Keys, account: Account, now: datetime) -> Follower:
    """The account's, locked. One that had followed by its address before goes on as the account's."""
    known = _locked(db, Follower.account_id == account.id)
    if known is not None or account.email is None:
        return known or _made_or_found(db, now, mailbox=None, sealed=None, account_id=account.id)
    box = mailbox_key(keys, Address(account.email, account.email))
    before = _locked(db, Follower.mailbox == box)
    if before is None:
        return _made_or_found(db, now, mailbox=None, sealed=None, account_id=account.id)
    before.mailbox, before.sealed, before.account_id = None, None, account.id
    db.flush()
    return before


def by_id(db: Session, follower_id: int, *, lock: bool = False) -> Follower | None:
    return _locked(db, Follower.id == follower_id) if lock else db.get(Follower, follower_id)


def is_proven(account: Account) -> bool:
    """Whether a letter has reached its owner before, who still may sign in."""
    return account.email is not None and account.email_confirmed_at is not None and account.disabled_at is None


def address_of(db: Session, keys: Keys, follower: Follower) -> str | None:
    """Where its letters go; None where the account has gone."""
    if follower.account_id is None:
        assert follower.mailbox is not None
        assert follower.sealed is not None
        return keys.unseal(follower.sealed, bound_to(follower.mailbox))["email"]
    account = db.get(Account, follower.account_id)
    return account.email if account is not None and account.disabled_at is None else None


def seal_address(keys: Keys, mailbox: bytes, canonical: str) -> bytes:
    return keys.seal({"email": canonical}, bound_to(mailbox))


def bound_to(mailbox: bytes) -> bytes:
    """What a follower's sealed address is bound to."""
    return b"following" + mailbox


def _made_or_found(db: Session, now: datetime, **whose: Any) -> Follower:
    new = {"id": new_id(), "period": Period.DAILY, "language": language.get(), "created_at": now, **whose}
    db.execute(upsert(db, _TABLE).values(**new).on_conflict_do_nothing())
    column, value = ("account_id", whose["account_id"]) if whose["mailbox"] is None else ("mailbox", whose["mailbox"])
    found = _locked(db, getattr(Follower, column) == value)
    assert found is not None
    return found


def _locked(db: Session, condition: Any) -> Follower | None:
    wanted = select(Follower).where(condition).with_for_update(key_share=True)
    return db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
