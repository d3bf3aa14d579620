"""Leaving: everything that names a person goes, here and in every room; what was counted stays counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.holding import Holding, Person
from app.accounts.model import Account, KnownDevice, MailedLink, PasswordLink, RecoveryCode
from app.accounts.rules.roles import Role
from app.audit import service as audit
from app.core.db import Database
from app.core.errors import Conflict
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security import sessions
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.mail import service as mail


class StaffCannotLeave(Conflict):
    code = "staff-cannot-leave"
    title = _("Ask an administrator to end your account first")
    message = _("Whoever holds an office here cannot erase the account that holds it. Nothing was changed.")
    way_on = ("/account", _("Back to your account"))


def person_of(account: Account) -> Person:
    """Somebody who is signed in, with the mailbox that was proven to be theirs."""
    return Person(account.id, read_address(account.email) if account.email else None)


def export(db: Session, holdings: Mapping[str, Holding], person: Person) -> dict[str, Any]:
    """Everything that this site holds about somebody, as JSON can say it."""
    account = db.get(Account, person.account_id) if person.account_id is not None else None
    about: dict[str, Any] = {"email": person.address.display if person.address else None}
    if account is not None:
        about["account"] = _account(db, account)
    return about | {kind: dict(holding.export(db, person)) for kind, holding in sorted(holdings.items())}


def erase(database: Database, keys: Keys, holdings: Mapping[str, Holding], person: Person, now: datetime) -> None:
    """Forget a person everywhere. Staff leave their office first.

    Each room forgets in a transaction of its own, so that it locks in its own order and nobody waits
    for the others; the account goes last. Whoever is interrupted is still signed in and does it again.
    """
    database.retrying(partial(_refuse_staff, account_id=person.account_id))
    for _kind, holding in sorted(holdings.items()):
        database.retrying(partial(holding.erase, person=person, now=now))
    database.retrying(partial(_erase_rest, keys=keys, person=person, now=now))


def _refuse_staff(db: Session, account_id: int | None) -> Account | None:
    """The account under lock, if there is one; raises :class:`StaffCannotLeave`."""
    if account_id is None:
        return None
    wanted = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    account = db.scalars(wanted.execution_options(populate_existing=True)).one()
    if account.role != Role.CITIZEN:
        raise StaffCannotLeave
    return account


def _erase_rest(db: Session, keys: Keys, person: Person, now: datetime) -> None:
    account = _refuse_staff(db, person.account_id)
    if person.address is not None:
        links.forget_mailbox(db, keys, person.address)
    if account is not None and account.erased_at is None:
        _erase_account(db, account, now)


def _account(db: Session, account: Account) -> dict[str, Any]:
    signed_in = select(sessions.SignedIn).where(sessions.SignedIn.holder_id == account.id)
    known = select(KnownDevice).where(KnownDevice.account_id == account.id)
    return {
        "name": account.name,
        "name_withheld": account.name_withheld,
        "role": account.role,
        "has_password": account.password_hash is not None,
        "joined_at": account.created_at.isoformat(),
        "address_confirmed_at": _text(account.email_confirmed_at),
        "last_sign_in_at": _text(account.last_sign_in_at),
        "letters": account.letters or {},
        "sessions": [
            {"browser": s.label, "since": s.created_at.isoformat(), "last_used": s.last_seen_at.isoformat()}
            for s in db.scalars(signed_in)
        ],
        "known_browsers": [
            {"browser": d.label, "first_used": d.first_at.isoformat(), "last_used": d.last_at.isoformat()}
            for d in db.scalars(known)
        ],
    }


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None


def _erase_account(db: Session, account: Account, now: datetime) -> None:
    """The row stays without anything personal: what was published hangs on it, under nobody's name."""
    sessions.end_all(db, account.id)
    mail.drop_waiting(db, "account", [account.id], now)
    for table in (MailedLink, PasswordLink, RecoveryCode, KnownDevice):
        db.execute(delete(table).where(table.account_id == account.id))
    account.email = account.password_hash = account.totp_sealed = account.letters = None
    account.name, account.name_withheld = "", True
    account.disabled_at = account.erased_at = now
    db.flush()
    audit.record(db, "accounts.erase", SubjectRef("account", account.id), by=None, now=now)
