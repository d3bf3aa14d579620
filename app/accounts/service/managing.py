"""What administrators do about staff accounts: role, name, shutting one and opening it again.

There is always an administrator who can sign in, and nobody shuts themselves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account, PasswordLink
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.people.names import BadName, read_name
from app.core.security import sessions
from app.core.subject import SubjectRef

_STAFF = tuple(str(role) for role in STAFF_ROLES)


class Yourself(Conflict):
    code = "yourself"
    title = _("You cannot do that to your own account")
    message = _("Ask another administrator, so that nobody locks themselves out. Nothing was changed.")
    way_on = ("/admin/staff", _("Back to the staff"))


class LastAdministrator(Conflict):
    code = "last-administrator"
    title = _("One administrator has to stay")
    message = _("Without one nobody could change anything here. Nothing was changed. Appoint another one first.")
    way_on = ("/admin/staff", _("Back to the staff"))


def staff(db: Session) -> Sequence[Account]:
    """Everyone with a staff role, those who can sign in first, by name."""
    rows = db.scalars(select(Account).where(Account.role.in_(_STAFF), Account.erased_at.is_(None)))
    return sorted(rows, key=lambda a: (a.disabled_at is not None, a.name.casefold(), a.id))


def one(db: Session, account_id: int) -> Account:
    """A member of staff; raises :class:`NotFound` for anybody else."""
    account = db.get(Account, account_id)
    if account is None or account.role not in STAFF_ROLES or account.erased_at is not None:
        raise NotFound
    return account


def change_name(db: Session, account_id: int, name: str, *, reason: str, by: int, now: datetime) -> None:
    """As colleagues and, where they answer, the public read it."""
    account = _locked(db, account_id)
    try:
        shown = read_name(name)
    except BadName as wrong:
        raise Invalid([FieldError("name", str(wrong.message))]) from wrong
    if shown != account.name:
        account.name = shown
        _changed(db, account, "rename", reason, by, now)


def change_role(db: Session, account_id: int, role: str, *, reason: str, by: int, now: datetime) -> None:
    """Another role from the next sign-in on: sessions with the old one end at once."""
    if role not in STAFF_ROLES:
        raise Invalid([FieldError("role", _("Choose one of the roles."))])
    account = _locked(db, account_id)
    if account.role == role:
        return
    _check_may_lose(db, account, by)
    was, account.role = account.role, role
    sessions.end_all(db, account.id)
    _changed(db, account, "role", reason, by, now, was=was, role=role)


def disable(db: Session, account_id: int, *, reason: str, by: int, now: datetime) -> None:
    """Nobody signs in to it; sessions end at once and links to set a password with them."""
    account = _locked(db, account_id)
    if account.disabled_at is not None:
        return
    _check_may_lose(db, account, by)
    account.disabled_at = now
    sessions.end_all(db, account.id)
    for link in db.scalars(select(PasswordLink).where(PasswordLink.account_id == account.id)):
        db.delete(link)
    _changed(db, account, "disable", reason, by, now)


def enable(db: Session, account_id: int, *, reason: str, by: int, now: datetime) -> None:
    """The undo of :func:`disable`: the same password and second factor sign in again."""
    account = _locked(db, account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        _changed(db, account, "enable", reason, by, now)


def able(db: Session, account_id: int) -> Account:
    """A member of staff who may sign in; raises :class:`NotFound` for anybody else."""
    account = one(db, account_id)
    if account.disabled_at is not None:
        raise NotFound
    return account


def check_not_own(account_id: int, by: int) -> None:
    """Raises :class:`Yourself`."""
    if account_id == by:
        raise Yourself


def _locked(db: Session, account_id: int) -> Account:
    one(db, account_id)
    return db.get_one(Account, account_id, with_for_update=True, populate_existing=True)


def _check_may_lose(db: Session, account: Account, by: int) -> None:
    """Whether this account may lose what its role lets it do.

    Every administrator's row is locked in one order, so that two who shut each other out at the
    same moment cannot both succeed.
    """
    check_not_own(account.id, by)
    if account.role != Role.ADMINISTRATOR:
        return
    able = select(Account).where(
        Account.role == str(Role.ADMINISTRATOR), Account.disabled_at.is_(None), Account.erased_at.is_(None)
    )
    rows = db.scalars(able.order_by(Account.id).with_for_update().execution_options(populate_existing=True))
    if not [a for a in rows if a.id != account.id and a.password_hash is not None]:
        raise LastAdministrator


def _changed(db: Session, account: Account, act: str, reason: str, by: int, now: datetime, **facts: str) -> None:
    db.flush()
    said = {"reason": reason, **facts}
    audit.record(db, f"accounts.{act}", SubjectRef("account", account.id), by=by, now=now, facts=said)
