"""Telling the owner of an account what was done with it, so that a stranger's act is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.mail import service as mail


class LetterAbout(StrEnum):
    """What the letter is about; the name of its template."""

    DEVICE = "accounts/mail/new_device"
    PASSWORD = "accounts/mail/password_changed"
    FACTOR = "accounts/mail/factor_changed"
    RECOVERY = "accounts/mail/recovery_code_used"
    GUESSING = "accounts/mail/codes_guessed"


def tell(
    db: Session, account_id: int, about: LetterAbout, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """Queue the letter with the act it tells of. ``facts`` hold words and numbers, nothing that identifies anybody."""
    mail.queue(db, [mail.row(about.value, ("account", account_id), now, facts=facts)])
