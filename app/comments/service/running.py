"""Moderators run discussions: when comments are checked, and whether there are any. Subjects close theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.comments.contribution import Discussed, about
from app.comments.model import Thread
from app.comments.rules.lifecycle import Mode
from app.comments.service.family import page_key
from app.comments.service.opening import locked_thread, open_thread
from app.core.freshness import touch
from app.core.subject import SubjectRef


def set_mode(
    db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, mode: Mode, *, by: int, now: datetime
) -> Thread:
    """Comments are checked before or after publication from now on; a thread that a moderator closed is open again.

    What was said before stays as it is, and no other act ever changes the mode.
    """
    about(db, discussed, subject, now)
    thread = _thread(db, discussed, subject, mode, now)
    thread.mode = mode
    if thread.closed_because == "moderator":
        thread.closed_at = thread.closed_because = None
    _changed(db, "comments.mode", thread, subject, by, now, mode=str(mode))
    return thread


def close(db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, *, by: int, now: datetime) -> Thread:
    """A moderator ends the discussion; what was said stays to be read."""
    known = about(db, discussed, subject, now)
    thread = _thread(db, discussed, subject, known.mode or Mode.BEFORE, now)
    thread.closed_at, thread.closed_because = now, "moderator"
    _changed(db, "comments.close", thread, subject, by, now)
    return thread


def close_with_subject(db: Session, subject: SubjectRef, now: datetime) -> None:
    """Put on record that the subject ended, and the discussion with it."""
    thread = locked_thread(db, subject)
    if thread is not None and thread.closed_at is None:
        thread.closed_at, thread.closed_because = now, "subject"
        db.flush()
        touch(db, page_key(subject))


def open_with_subject(db: Session, subject: SubjectRef) -> None:
    """The subject goes on after all."""
    thread = locked_thread(db, subject)
    if thread is not None and thread.closed_because == "subject":
        thread.closed_at = thread.closed_because = None
        db.flush()
        touch(db, page_key(subject))


def _thread(db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, mode: Mode, now: datetime) -> Thread:
    return open_thread(db, subject, mode, asks_stance=discussed[subject.kind].asks_stance, now=now)


def _changed(db: Session, act: str, thread: Thread, subject: SubjectRef, by: int, now: datetime, **facts: str) -> None:
    db.flush()
    audit.record(db, act, subject, by=by, now=now, facts={"thread": thread.id, **facts})
    touch(db, page_key(subject))
