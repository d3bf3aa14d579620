"""From proof to session: who has proven what, and what a session is begun with."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.service import devices
from app.accounts.telling import LetterAbout, tell
from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import Conflict
from app.core.security import sessions
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.sessions import Browser, Lifetime
from app.core.subject import SubjectRef

HALF_WAY = timedelta(minutes=10)
_BOUND = b"accounts.half-way"


@dataclass(frozen=True)
class Begun:
    """The cookies of somebody who has just signed in."""

    token: str
    device: str
    lifetime: Lifetime


def begin(
    db: Session, account: Account, now: datetime, *, browser: Browser, device: str = "", strong: bool = False
) -> Begun:
    """A new session. ``device``: the browser's own cookie, if it sent one; ``strong``: a second factor was given.

    The first sign-in of a browser that the account does not know is told to its owner. Raises :class:`Conflict` where
    the password was changed, or the account shut, while it was being proven.
    """
    is_first = account.last_sign_in_at is None
    _note_sign_in(db, account, now)
    lifetime = sessions.STAFF if account.is_staff else sessions.CITIZEN
    token = sessions.begin(db, account.id, lifetime, now, browser=browser, strong=strong)
    kept, is_new = devices.remember(db, account.id, device, browser, now)
    if is_new and not is_first:
        tell(db, account.id, LetterAbout.DEVICE, now, {"browser": browser.label})
    audit.record(db, "accounts.sign-in", SubjectRef("account", account.id), by=account.id, now=now)
    return Begun(token, kept, lifetime)


def _note_sign_in(db: Session, account: Account, now: datetime) -> None:
    """First of all, and under the row's lock: whoever ends this account's sessions comes wholly before or after."""
    as_proven = (Account.password_hash == account.password_hash, Account.disabled_at.is_(None))
    noted = update(Account).where(Account.id == account.id, *as_proven).values(last_sign_in_at=now)
    if rows_changed(db.execute(noted)) != 1:
        raise Conflict


def renew(db: Session, account: Account, old: bytes, now: datetime, *, browser: Browser, strong: bool) -> Begun | None:
    """Its holder proved again who they are: the old token ends, a new one begins. None where it was ended meanwhile.

    Under the row's lock, so that whoever ends every session of the account finds the old one or the new one.
    """
    db.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    if not sessions.end_one(db, old):
        return None
    lifetime = sessions.STAFF if account.is_staff else sessions.CITIZEN
    token = sessions.begin(db, account.id, lifetime, now, browser=browser, strong=strong)
    audit.record(db, "accounts.step-up", SubjectRef("account", account.id), by=account.id, now=now)
    return Begun(token, "", lifetime)


# half way: the password was right, the code is still to come


def half_way(keys: Keys, account: Account, onward: Mapping[str, str], now: datetime) -> str:
    """For the browser's cookie: whose code is awaited, for ten minutes and no longer than this password is theirs."""
    facts = {
        **onward,
        "account": str(account.id),
        "ends": str(int((now + HALF_WAY).timestamp())),
        "password": _mark(account),
    }
    return base64.urlsafe_b64encode(keys.seal(facts, _BOUND, passing=True)).decode()


def read_half_way(db: Session, keys: Keys, text: str, now: datetime) -> tuple[Account, dict[str, str]] | None:
    """The account, and where it wanted to go; None where it is over, changed, or not ours."""
    try:
        facts = keys.unseal(base64.urlsafe_b64decode(text.encode("ascii")), _BOUND, passing=True)
    except (CannotUnseal, binascii.Error, UnicodeEncodeError, ValueError):
        return None
    account = db.get(Account, int(facts["account"]))
    if account is None or account.disabled_at is not None or facts["password"] != _mark(account):
        return None
    if now >= datetime.fromtimestamp(int(facts["ends"]), UTC):
        return None
    return account, facts


def _mark(account: Account) -> str:
    return hashlib.sha256((account.password_hash or "none").encode()).hexdigest()[:16]
