"""How much an account has shown of itself: the new ones wait for a moderator, the tried ones' reports weigh."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from app.accounts.rules.roles import STAFF_ROLES, Role

TRIED_AFTER = timedelta(days=7)


class Known(Protocol):
    """What of an account counts here."""

    role: str
    created_at: datetime
    email_confirmed_at: datetime | None
    approved_texts: int
    disabled_at: datetime | None


def is_new(account: Known) -> bool:
    """Nothing of theirs was published yet. Staff are known by their office."""
    return account.approved_texts == 0 and Role(account.role) not in STAFF_ROLES


def is_trusted(account: Known, now: datetime) -> bool:
    """A living account that is a week old, with a confirmed address and a published text, or an office here."""
    if account.disabled_at is not None:
        return False
    if Role(account.role) in STAFF_ROLES:
        return True
    tried = account.email_confirmed_at is not None and now - account.created_at >= TRIED_AFTER
    return tried and account.approved_texts > 0
