"""Adding staff, setting passwords, signing in and out."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account, PasswordLink
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.audit import service as audit
from app.core.errors import FieldError, Forbidden, Gone, Invalid
from app.core.i18n import _
from app.core.people.addresses import BadAddress, read_address
from app.core.people.names import BadName, read_name
from app.core.security import sessions
from app.core.security.passwords import LEAST_LENGTH, MOST_LENGTH, Passwords
from app.core.subject import SubjectRef

LINK_LIVES = timedelta(hours=72)


class StaffDoorClosed(Forbidden):
    """Production staff sign-in stays shut until the second factor is here."""

    code = "staff-sign-in-closed"
    title = _("Staff sign-in is closed")
    message = _("This site requires a second factor for staff, and this version does not offer one yet.")


class LinkUsed(Gone):
    code = "password-link-used"
    title = _("This link no longer works")
    message = _("It was used, or it is older than three days. Ask an administrator for a new one.")


def add_staff(db: Session, email: str, role: str, name: str, *, by: int | None, now: datetime) -> Account:
    """A new staff account without a password; :class:`Invalid` says which field is wrong."""
    errors = []
    if role not in STAFF_ROLES:
        errors.append(FieldError("role", f"Choose one of {', '.join(sorted(STAFF_ROLES))}."))
    try:
        address = read_address(email)
    except BadAddress as wrong:
        raise Invalid([*errors, FieldError("email", str(wrong.message))]) from wrong
    try:
        shown = read_name(name or address.display.partition("@")[0])
    except BadName as wrong:
        raise Invalid([*errors, FieldError("name", str(wrong.message))]) from wrong
    if db.scalar(select(Account.id).where(Account.email == address.canonical)):
        errors.append(FieldError("email", _("There is an account with this address already.")))
    if errors:
        raise Invalid(errors)
    account = Account(email=address.canonical, name=shown, role=role, created_at=now)
    db.add(account)
    db.flush()
    audit.record(db, "accounts.add", SubjectRef("account", account.id), by=by, now=now, facts={"role": role})
    return account


def address_of(db: Session, account_id: int) -> str | None:
    """Where an account's letters go; None where there is no such account."""
    return db.scalar(select(Account.email).where(Account.id == account_id))


def password_link(db: Session, account: Account, now: datetime) -> str:
    """A token for ``/set-password/…`` that works once, for three days."""
    token = secrets.token_urlsafe(32)
    db.add(PasswordLink(id=_digest(token), account_id=account.id, ends_at=now + LINK_LIVES))
    return token


def new_password_link(db: Session, email: str, now: datetime) -> str | None:
    """Another link for an account that lost its password; None where there is no such account."""
    try:
        canonical = read_address(email).canonical
    except BadAddress:
        return None
    account = db.scalar(select(Account).where(Account.email == canonical, Account.disabled_at.is_(None)))
    if account is None:
        return None
    audit.record(db, "accounts.link", SubjectRef("account", account.id), by=None, now=now)
    return password_link(db, account, now)


def account_of_link(db: Session, token: str, now: datetime) -> Account:
    """Whose link this is; raises :class:`LinkUsed`."""
    link = db.get(PasswordLink, _digest(token))
    account = db.get(Account, link.account_id) if link and link.ends_at > now else None
    if account is None or account.disabled_at is not None:
        raise LinkUsed
    return account


def set_password(db: Session, account: Account, password: str, passwords: Passwords, *, now: datetime) -> None:
    """Store a new password, end every session and link of the account."""
    check_password(password, account)
    hashed = passwords.hash(password)
    db.execute(update(Account).where(Account.id == account.id).values(password_hash=hashed))
    db.execute(delete(PasswordLink).where(PasswordLink.account_id == account.id))
    sessions.end_all(db, account.id)
    audit.record(db, "accounts.password", SubjectRef("account", account.id), by=account.id, now=now)


def check_password(password: str, account: Account) -> None:
    """Length and the obvious; :class:`Invalid` says what to do."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise Invalid(
            [FieldError("password", _("Use at least 12 characters. Three random words are easy to keep in mind."))]
        )
    obvious = {account.email, account.email.partition("@")[0], account.name.casefold(), "town square", "townsquare"}
    if password.casefold().strip("0123456789!.") in obvious or len(set(password)) < 4:
        raise Invalid([FieldError("password", _("This is too easy to guess. Use three random words."))])


def sign_in(db: Session, email: str, password: str, passwords: Passwords, now: datetime) -> tuple[Account, str] | None:
    """The account and its new session's token; None where address and password do not fit together."""
    try:
        canonical = read_address(email).canonical
    except BadAddress:
        canonical = ""
    account = db.scalar(select(Account).where(Account.email == canonical, Account.disabled_at.is_(None)))
    fits = passwords.check(account.password_hash if account else None, password[:MOST_LENGTH])
    if account is None or not fits:
        return None
    token = sessions.begin(db, account.id, sessions.STAFF, now)
    audit.record(db, "accounts.sign-in", SubjectRef("account", account.id), by=account.id, now=now)
    return account, token


def staff_account(db: Session, role: Role) -> Account | None:
    """Any account of this role, the oldest first."""
    return db.scalar(select(Account).where(Account.role == role).order_by(Account.id).limit(1))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
