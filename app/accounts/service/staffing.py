"""Staff accounts, and where letters to an account go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.people.addresses import BadAddress, read_address
from app.core.people.names import BadName, read_name
from app.core.subject import SubjectRef


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
    """Where an account's letters go; None where there is no such account, or it was erased."""
    return db.scalar(select(Account.email).where(Account.id == account_id))


def staff_account(db: Session, role: Role) -> Account | None:
    """Any account of this role, the oldest first."""
    return db.scalar(select(Account).where(Account.role == role).order_by(Account.id).limit(1))


def account_with(db: Session, email: str) -> Account | None:
    """The account of this address that may sign in; None also for what is no address."""
    try:
        canonical = read_address(email).canonical
    except BadAddress:
        return None
    return db.scalar(select(Account).where(Account.email == canonical, Account.disabled_at.is_(None)))
