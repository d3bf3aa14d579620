"""Becoming a member, and signing in, by a letter. Whatever is asked, the page says the same; the letter says what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.links import Purpose
from app.accounts.model import Account, MailedLink
from app.accounts.rules.roles import Role
from app.accounts.service import devices
from app.audit import service as audit
from app.core.errors import Conflict
from app.core.i18n import _
from app.core.people.addresses import Address, read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef


class AccountClosed(Conflict):
    """Only whoever read the mailbox's letter gets as far as this."""

    code = "account-closed"
    title = _("The account with this address was closed")
    message = _("It cannot be opened again from here, nor another one be made with this address. Nothing was changed.")
    way_on = ("/contact", _("Write to us"))


@dataclass(frozen=True)
class Wish:
    """What somebody who wants an account has typed, checked. ``way``: where they go on to once they are in."""

    address: Address
    name: str
    name_withheld: bool = False
    way: Mapping[str, str] = field(default_factory=dict)
    #: the cookie of a browser that signed in before
    device: str = ""


def ask_to_join(db: Session, keys: Keys, wish: Wish, now: datetime) -> None:
    """A letter with the link that makes the account; whoever has one gets a link to sign in instead."""
    account = account_of(db, wish.address)
    if account is not None:
        _write_to_member(db, keys, account, wish, "accounts/mail/have_account", now)
        return
    facts = {"name": wish.name, "withheld": "yes" if wish.name_withheld else "", **wish.way}
    links.write(db, keys, Purpose.SIGN_UP, "accounts/mail/sign_up", wish.address, now, facts=facts)


def ask_to_sign_in(db: Session, keys: Keys, wish: Wish, now: datetime) -> None:
    """A letter with a link that signs in; whoever has no account is told so, in the letter alone."""
    account = account_of(db, wish.address)
    if account is not None:
        _write_to_member(db, keys, account, wish, "accounts/mail/sign_in", now)
        return
    facts = {"name": wish.name, "withheld": "", **wish.way}
    links.write(db, keys, Purpose.SIGN_UP, "accounts/mail/no_account", wish.address, now, facts=facts)


def join(db: Session, link: MailedLink, keys: Keys, name: str, *, withheld: bool, now: datetime) -> Account:
    """The account that a used link makes; where the address has one by now, that."""
    address = read_address(links.facts_of(keys, link)["email"])
    links.use(db, link, now)
    account = account_of(db, address) or _made(db, address, name, withheld=withheld, now=now)
    return let_in(account, now)


def let_in(account: Account, now: datetime) -> Account:
    """Whoever pressed the button in a letter has proven the address; raises :class:`AccountClosed`."""
    if account.disabled_at is not None:
        raise AccountClosed
    if account.email_confirmed_at is None:
        account.email_confirmed_at = now
    return account


def account_of(db: Session, address: Address) -> Account | None:
    """The account of a mailbox, closed ones among them; an erased one is nobody's."""
    return db.scalar(select(Account).where(Account.email == address.canonical))


def _made(db: Session, address: Address, name: str, *, withheld: bool, now: datetime) -> Account:
    account = Account(
        email=address.canonical,
        name=name,
        name_withheld=withheld,
        role=Role.CITIZEN,
        created_at=now,
        email_confirmed_at=now,
    )
    try:
        with db.begin_nested():
            db.add(account)
    except IntegrityError:  # another account has moved to the address at this very moment
        return db.scalars(select(Account).where(Account.email == address.canonical)).one()
    audit.record(db, "accounts.join", SubjectRef("account", account.id), by=account.id, now=now)
    return account


def _write_to_member(db: Session, keys: Keys, account: Account, wish: Wish, template: str, now: datetime) -> None:
    """A letter always comes to whoever has none that works, and to a browser that signed in before: nobody can use up
    the owner's letters, whatever else they have sent to the mailbox."""
    if account.disabled_at is not None:
        links.write(db, keys, Purpose.NOTICE, "accounts/mail/closed", wish.address, now)
        return
    owed = devices.is_known(db, account.id, wish.device) or not links.has_living(
        db, keys, Purpose.SIGN_IN, wish.address, now
    )
    facts = dict(wish.way)
    links.write(db, keys, Purpose.SIGN_IN, template, wish.address, now, account_id=account.id, facts=facts, always=owed)
