"""The deployment's own list of words that a person looks at first. Words are compared folded, never as patterns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import fold, is_blank
from app.moderation.model import Word

MOST_LENGTH = 80
MOST_WORDS = 2_000


def every_word(db: Session) -> Sequence[Word]:
    """In alphabetical order."""
    return db.scalars(select(Word).order_by(Word.word)).all()


def add_word(db: Session, word: str, *, by: int, now: datetime) -> Word:
    """One word or phrase; one that is there already stays as it is."""
    folded = fold(word)
    if is_blank(folded) or len(folded) > MOST_LENGTH:
        raise Invalid([FieldError("word", _("Enter a word or a phrase of at most 80 characters."))])
    known = db.scalar(select(Word).where(Word.word == folded))
    if known is not None:
        return known
    if len(every_word(db)) >= MOST_WORDS:
        raise Invalid([FieldError("word", _("The list is full. Take words off it first."))])
    added = Word(word=folded, by_id=by, at=now)
    db.add(added)
    db.flush()
    audit.record(db, "moderation.word-add", SubjectRef("word", added.id), by=by, now=now)
    return added


def remove_word(db: Session, word_id: int, *, by: int, now: datetime) -> None:
    word = db.get(Word, word_id)
    if word is None:
        raise NotFound
    db.delete(word)
    db.flush()
    audit.record(db, "moderation.word-remove", SubjectRef("word", word_id), by=by, now=now)


def found_in(db: Session, text: str) -> list[str]:
    """The listed words that stand in a text as words of their own, in alphabetical order."""
    folded = f" {''.join(c if c.isalnum() else ' ' for c in fold(text))} "
    folded = f" {' '.join(folded.split())} "
    return [w.word for w in every_word(db) if f" {_plain(w.word)} " in folded]


def _plain(word: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in word).split())
