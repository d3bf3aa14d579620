"""Browsers that signed in before: they wait for nobody else's guesses, and cause no letter."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.model import KnownDevice
from app.core.security.sessions import Browser

KNOWN_FOR = timedelta(days=400)


def is_known(db: Session, account_id: int, token: str) -> bool:
    """Whether this browser's own cookie was given out when this account signed in."""
    return bool(token) and db.get(KnownDevice, (_digest(token), account_id)) is not None


def remember(db: Session, account_id: int, token: str, browser: Browser, now: datetime) -> tuple[str, bool]:
    """The cookie for this browser, and whether it is new to the account.

    A cookie that nobody was given here is not taken over; the same kind of browser in the same
    network is not new, though its cookie be gone.
    """
    known = is_known(db, account_id, token)
    if not known and not (token and _is_ours(db, token)):
        token = secrets.token_urlsafe(32)
    alike = _trace(browser)
    familiar = known or (alike is not None and db.get(KnownDevice, (alike, account_id)) is not None)
    for key in (_digest(token), alike):
        if key is not None:
            _note(db, key, account_id, browser.label, now)
    return token, not familiar


def forget(db: Session, account_id: int) -> None:
    """Every browser is new again: after a factor was reset, or the account erased."""
    db.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(KnownDevice).where(KnownDevice.last_at < now - KNOWN_FOR))


def _is_ours(db: Session, token: str) -> bool:
    return db.scalar(select(KnownDevice.account_id).where(KnownDevice.id == _digest(token)).limit(1)) is not None


def _note(db: Session, key: bytes, account_id: int, label: str, now: datetime) -> None:
    row = db.get(KnownDevice, (key, account_id))
    if row is None:
        db.add(KnownDevice(id=key, account_id=account_id, label=label[:80], first_at=now, last_at=now))
        db.flush()
    else:
        row.last_at = now


def _trace(browser: Browser) -> bytes | None:
    """No cookie hashes to it: it only keeps a letter from being sent."""
    if browser.network is None or not browser.label:
        return None
    return hashlib.sha256(b"kind of browser and network:" + browser.label.encode() + browser.network).digest()


def _digest(token: str) -> bytes:
    return hashlib.sha256(b"device:" + token.encode()).digest()
