"""What was said about certain subjects, looked through for words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.lifecycle import CommentState
from app.core.text.words import Wanted

C, R, T = Comment.__table__.c, CommentRevision.__table__.c, Thread.__table__.c
#: so many of the newest comments are read through; the words are in no index
MOST_READ = 10_000
A_STEP = 500


class Said(NamedTuple):
    """A comment that has the words."""

    id: int
    subject_id: int
    published_at: datetime
    body: str


def said_about(db: Session, kind: str, subjects: Select[Any], words: Wanted, most: int) -> list[Said]:
    """Published comments under these subjects that have every word, the newest first."""
    found: list[Said] = []
    for row in _newest(db, kind, subjects):
        if words.are_in(row.body):
            found.append(row)
        if len(found) == most:
            break
    return found


def _newest(db: Session, kind: str, subjects: Select[Any]) -> Iterator[Said]:
    shown = (R.comment_id == C.id) & (R.number == C.shown_revision)
    tables = Comment.__table__.join(Thread.__table__, T.id == C.thread_id).join(CommentRevision.__table__, shown)
    wanted = (
        select(C.id, T.subject_id, C.published_at, R.body)
        .select_from(tables)
        .where(T.subject_kind == kind, T.subject_id.in_(subjects), C.state == CommentState.PUBLISHED)
        .order_by(C.published_at.desc(), C.id.desc())
        .limit(MOST_READ)
    )
    for row in db.execute(wanted.execution_options(yield_per=A_STEP)):
        yield Said._make(row)
