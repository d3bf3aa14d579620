"""What somebody typed before they had signed in: kept for a day, sealed, and given back once to whoever has the token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.model import Draft
from app.core.security.keys import CannotUnseal, Keys

LIVES = timedelta(hours=24)
MOST_BYTES = 64 * 1024
_MOST_PATH = 400


class Kept(NamedTuple):
    """Where the form stood, and what was in it."""

    path: str
    fields: Mapping[str, str]


def keep(db: Session, keys: Keys, path: str, fields: Mapping[str, str], now: datetime) -> str:
    """A token for ``/sign-in?draft=…``; only its digest is stored. ``path`` is one of our own pages."""
    if not is_own_path(path):
        raise ValueError("drafts lead back to this site")
    token = secrets.token_urlsafe(32)
    row = _digest(token)
    db.add(
        Draft(id=row, path=path, sealed=keys.seal(dict(fields), row, passing=True), created_at=now, ends_at=now + LIVES)
    )
    db.flush()
    return token


def read(db: Session, keys: Keys, token: str, now: datetime) -> Kept | None:
    """What was kept; None where it is unknown, over, or sealed by another secret."""
    draft = db.get(Draft, _digest(token)) if token else None
    if draft is None or draft.ends_at <= now:
        return None
    try:
        return Kept(draft.path, keys.unseal(draft.sealed, draft.id, passing=True))
    except CannotUnseal:
        return None


def take(db: Session, keys: Keys, token: str, now: datetime) -> Kept | None:
    """As :func:`read`, for the last time: once its form has been sent."""
    kept = read(db, keys, token, now)
    forget(db, token)
    return kept


def forget(db: Session, token: str) -> None:
    """Its form has been sent, or is not wanted any more."""
    if token:
        db.execute(delete(Draft).where(Draft.id == _digest(token)))


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(Draft).where(Draft.ends_at <= now))


def is_own_path(path: str) -> bool:
    """A path of this site, and nothing that a browser could take for another host."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and len(path) <= _MOST_PATH
    return ours and path.isprintable() and not any(sign in path for sign in "\\ ")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
