"""Moderators' words to each other about a case. They are in no letter and in no API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy
from app.moderation.cases import DESK
from app.moderation.model import Case, Note

MOST = 2_000


class Noted(NamedTuple):
    words: str
    by: str
    at: datetime


def add_note(db: Session, case_id: int, words: str, *, by: int, now: datetime) -> Note:
    if db.get(Case, case_id) is None:
        raise NotFound
    words = tidy(words)
    if is_blank(words) or length(words) > MOST:
        raise Invalid([FieldError("words", _("Write something, 2,000 characters or fewer."))])
    note = Note(case_id=case_id, by_id=by, words=words, at=now)
    db.add(note)
    db.flush()
    touch(db, DESK)
    return note


def notes_about(db: Session, kind: str, subject_id: int) -> Sequence[Noted]:
    """On every case about a subject, the oldest first."""
    rows = (
        select(Note.words, Account.name, Note.at)
        .join(Case, Case.id == Note.case_id)
        .join(Account, Account.id == Note.by_id)
        .where(Case.subject_kind == kind, Case.subject_id == subject_id)
        .order_by(Note.at, Note.id)
    )
    return [Noted(*row) for row in db.execute(rows)]
