"""What members change about themselves: the name they are shown under, their letters, their address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.links import LinkOver, Purpose
from app.accounts.model import Account, MailedLink
from app.audit import service as audit
from app.core.errors import Conflict
from app.core.freshness import touch
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef


class AddressTaken(Conflict):
    code = "address-taken"
    title = _("This address belongs to another account")
    message = _("Your account keeps its old address. Nothing was changed.")
    way_on = ("/account", _("Back to your account"))


def change(
    db: Session, account_id: int, name: str, *, withheld: bool, letters: Mapping[str, bool], now: datetime
) -> Account:
    """The name as members are shown; pages that show it follow."""
    account = _locked(db, account_id)
    shown_before = (account.name, account.name_withheld)
    account.name, account.name_withheld, account.letters = name, withheld, dict(letters)
    db.flush()
    if shown_before != (name, withheld):
        audit.record(db, "accounts.name", SubjectRef("account", account.id), by=account.id, now=now)
        touch(db, f"account:{account.id}")
    return account


class OthersLink(Conflict):
    code = "others-link"
    title = _("This letter is about another account")
    message = _("You are signed in with one account, and the letter was asked for by another. Nothing was changed.")
    way_on = ("/account", _("Go to your account"))


def move(db: Session, keys: Keys, link: MailedLink, account_id: int, now: datetime) -> Account:
    """The account's letters go to the new address from now on, and the old one is told.

    Only whoever is signed in with the account may do it: otherwise somebody could have a stranger
    press the button, and see all that the stranger has signed.
    """
    if link.account_id != account_id:
        raise OthersLink
    account = _locked(db, account_id)
    if account.disabled_at is not None:
        raise LinkOver(Purpose.ADDRESS)
    address = read_address(links.facts_of(keys, link)["email"])
    other = select(Account.id).where(Account.email == address.canonical, Account.id != account.id)
    if db.scalar(other) is not None:
        raise AddressTaken
    if account.email is not None:
        old = read_address(account.email)
        links.write(db, keys, Purpose.NOTICE, "accounts/mail/address_changed", old, now, always=True)
    links.void(db, account.id, now)  # among them those that went to the old address
    links.use(db, link, now)
    account.email, account.email_confirmed_at = address.canonical, now
    _store_address(db)
    audit.record(db, "accounts.address", SubjectRef("account", account.id), by=account.id, now=now)
    return account


def _store_address(db: Session) -> None:
    """Somebody else may have joined with it at this very moment."""
    try:
        db.flush()
    except IntegrityError as taken:
        raise AddressTaken from taken


def _locked(db: Session, account_id: int) -> Account:
    wanted = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    return db.scalars(wanted.execution_options(populate_existing=True)).one()
