"""Setting and checking passwords, and the one-time links that let somebody set one."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.accounts.model import Account, PasswordLink
from app.accounts.rules import passwords as rules
from app.accounts.service.staffing import account_with
from app.accounts.telling import LetterAbout, tell
from app.audit import service as audit
from app.core.errors import BadField, FieldError, Gone, Invalid
from app.core.i18n import _
from app.core.security import sessions
from app.core.security.passwords import Passwords
from app.core.subject import SubjectRef

LINK_LIVES = timedelta(hours=72)


class LinkUsed(Gone):
    code = "password-link-used"
    title = _("This link no longer works")
    message = _("It was used, or it is older than three days. Ask an administrator for a new one.")


def password_link(db: Session, account: Account, now: datetime) -> str:
    """A token for ``/set-password/…`` that works once, for three days."""
    token = secrets.token_urlsafe(32)
    db.add(PasswordLink(id=_digest(token), account_id=account.id, ends_at=now + LINK_LIVES))
    return token


def new_password_link(db: Session, email: str, now: datetime) -> str | None:
    """Another link for an account that lost its password; None where there is no such account."""
    account = account_with(db, email)
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


def set_password(
    db: Session,
    account: Account,
    password: str,
    passwords: Passwords,
    *,
    now: datetime,
    but: bytes | None = None,
    site_name: str = "",
) -> None:
    """Store a new password; it ends every link and every session of the account, ``but`` one.

    It says nothing about the second factor: who signs in with the new password still needs that.
    """
    check_password(password, account, site_name)
    had_one = account.password_hash is not None
    _store(db, account, passwords.hash(password))
    db.execute(delete(PasswordLink).where(PasswordLink.account_id == account.id))
    sessions.end_all(db, account.id, but=but)
    if had_one:
        tell(db, account.id, LetterAbout.PASSWORD, now)
    audit.record(db, "accounts.password", SubjectRef("account", account.id), by=account.id, now=now)


def check_password(password: str, account: Account, site_name: str = "") -> None:
    """Length and the obvious; :class:`Invalid` says what to do."""
    try:
        rules.check(password, [account.email or "", account.name, site_name])
    except BadField as wrong:
        raise Invalid([FieldError("password", str(wrong.message))]) from wrong


def fits(db: Session, account: Account | None, password: str, passwords: Passwords) -> bool:
    """Whether it is this account's password; as slow where there is no account. Renews a hash made by older rules."""
    stored = account.password_hash if account else None
    good = passwords.check(stored, password)
    if good and account is not None and stored is not None and passwords.is_outdated(stored):
        _store(db, account, passwords.hash(password))
    return good


def _store(db: Session, account: Account, hashed: str) -> None:
    db.execute(update(Account).where(Account.id == account.id).values(password_hash=hashed))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
