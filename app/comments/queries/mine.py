"""What one account said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.comments.model import Comment, CommentRevision, Thread

C, R, T = Comment.__table__.c, CommentRevision.__table__.c, Thread.__table__.c


def _said() -> Select[*tuple[Any, ...]]:
    newest = (R.comment_id == C.id) & (R.number == C.revision)
    return select(
        C.id,
        C.state,
        C.edit_state,
        C.reason_code,
        C.stance,
        C.language,
        C.ups,
        C.downs,
        C.replies,
        C.created_at,
        C.published_at,
        C.settled_at,
        C.revision,
        C.shown_revision,
        C.quote,
        C.about_version,
        R.body,
        T.subject_kind,
        T.subject_id,
    ).select_from(Comment.__table__.join(CommentRevision.__table__, newest).join(Thread.__table__, T.id == C.thread_id))


def of_author(db: Session, account_id: int, *, before: int | None = None, most: int = 50) -> Sequence[Row[Any]]:
    """The newest first, whatever became of them, with the newest text of each."""
    wanted = _said().where(C.author_id == account_id)
    if before is not None:
        wanted = wanted.where(C.id < before)
    return db.execute(wanted.order_by(C.id.desc()).limit(most)).all()


def one_of_author(db: Session, comment_id: int, account_id: int) -> Row[Any] | None:
    """One of them; None where it is somebody else's."""
    return db.execute(_said().where(C.id == comment_id, C.author_id == account_id)).one_or_none()


def count_of_author(db: Session, account_id: int) -> int:
    return db.scalar(select(func.count()).where(C.author_id == account_id)) or 0
