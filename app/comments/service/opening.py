"""A thread begins with the first comment, or where a moderator opens it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.comments.contribution import About, Discussed, about, takes_comments
from app.comments.model import Thread
from app.comments.rules.lifecycle import Mode
from app.comments.rules.threads import DiscussionClosed, DiscussionUnknown
from app.core.batches import upsert
from app.core.subject import SubjectRef


def open_thread(db: Session, subject: SubjectRef, mode: Mode, *, asks_stance: bool, now: datetime) -> Thread:
    """The subject's thread, locked; made where there is none. One that is there keeps its mode."""
    made = upsert(db, Thread.__table__).values(  # type: ignore[arg-type]
        subject_kind=subject.kind,
        subject_id=subject.id,
        mode=mode,
        asks_stance=asks_stance,
        opened_at=now,
        said=0,
        fors=0,
        againsts=0,
        neutrals=0,
    )
    db.execute(made.on_conflict_do_nothing(index_elements=["subject_kind", "subject_id"]))
    found = locked_thread(db, subject)
    assert found is not None
    return found


def locked_thread(db: Session, subject: SubjectRef) -> Thread | None:
    """The thread before anything under it: everybody locks in this order."""
    return db.scalar(
        select(Thread)
        .where(Thread.subject_kind == subject.kind, Thread.subject_id == subject.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def open_to_all(
    db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, now: datetime
) -> tuple[Thread, About]:
    """The thread that takes comments now, locked; raises what stands in the way.

    The subject's own row is not locked: on a petition that thousands sign, whoever speaks would
    queue with those who sign. Closing locks the thread, and by the clock a subject is over at once.
    """
    known = about(db, discussed, subject, now)
    thread = locked_thread(db, subject)
    if thread is None and known.mode is None:
        raise DiscussionUnknown
    if not takes_comments(thread, known):
        raise DiscussionClosed(href=known.discussion)
    if thread is None:
        assert known.mode is not None
        asks = discussed[subject.kind].asks_stance
        thread = open_thread(db, subject, known.mode, asks_stance=asks, now=now)
        if not takes_comments(thread, known):  # a moderator made it, closed, a moment ago
            raise DiscussionClosed(href=known.discussion)
    return thread, known
