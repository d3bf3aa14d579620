"""A thread and its figures; what a page of comments shows of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Row, Select, String, bindparam, case, select
from sqlalchemy.orm import Session

from app.comments.model import Comment, CommentRevision, Thread, Vote
from app.comments.rules.lifecycle import CommentState
from app.core import ready
from app.core.subject import SubjectRef

C, R, T = Comment.__table__.c, CommentRevision.__table__.c, Thread.__table__.c
#: what everyone may see of a comment: no words where it is not published
ENTRY = (
    C.id,
    C.thread_id,
    C.parent_id,
    C.root_id,
    C.branch_id,
    C.parent_revision,
    C.depth,
    C.author_id,
    C.anonymised,
    C.source,
    C.source_name,
    C.state,
    C.stance,
    C.language,
    C.shown_revision,
    C.ups,
    C.downs,
    C.replies,
    C.replies_numbered,
    C.published_at,
    C.edited_at,
    C.settled_at,
    C.reason_code,
    C.about_version,
    case((C.state == CommentState.PUBLISHED, C.quote)).label("quote"),
    case((C.state == CommentState.PUBLISHED, R.body)).label("body"),
    case((C.state == CommentState.PUBLISHED, R.html)).label("html"),
    R.sanitised,
)


def entries() -> Select[*tuple[Any, ...]]:
    """Comments that are or were public, with the text that everyone reads."""
    shown = (R.comment_id == C.id) & (R.number == C.shown_revision)
    return (
        select(*ENTRY)
        .select_from(Comment.__table__.join(CommentRevision.__table__, shown))
        .where(C.published_at.is_not(None))
    )


class ShownThread(NamedTuple):
    """What pages need of a thread. Its fields are columns."""

    id: int
    mode: str
    asks_stance: bool
    opened_at: datetime
    closed_because: str | None
    said: int
    fors: int
    againsts: int
    neutrals: int


_OF_SUBJECT = select(Thread).where(Thread.subject_kind == bindparam("kind"), Thread.subject_id == bindparam("id"))


def thread_of(db: Session, subject: SubjectRef) -> Thread | None:
    return db.scalar(_OF_SUBJECT, {"kind": subject.kind, "id": subject.id})


def shown_thread(db: Session, subject: SubjectRef) -> ShownThread | None:
    """The same for a page, which changes nothing."""

    def build() -> Select[*tuple[Any, ...]]:
        here = (T.subject_kind == ready.given("kind", String()), T.subject_id == ready.given("id", BigInteger()))
        return select(*(T[name] for name in ShownThread._fields)).where(*here)

    found = ready.rows(db, "comments thread shown", build, {"kind": subject.kind, "id": subject.id})
    return ShownThread._make(found[0]) if found else None


def subject_of(db: Session, comment_id: int) -> SubjectRef | None:
    """What the discussion of a comment is about."""
    row = db.execute(
        select(Thread.subject_kind, Thread.subject_id)
        .join(Comment, Comment.thread_id == Thread.id)
        .where(Comment.id == comment_id)
    ).one_or_none()
    return SubjectRef(row.subject_kind, row.subject_id) if row else None


def one(db: Session, comment_id: int) -> Row[Any] | None:
    """A comment that is or was public."""
    return db.execute(entries().where(C.id == comment_id)).one_or_none()


def these(db: Session, ids: Collection[int]) -> Mapping[int, Row[Any]]:
    """With the words of each, by number."""
    return {row.id: row for row in db.execute(entries().where(C.id.in_(ids)))} if ids else {}


def above(db: Session, entry: Row[Any]) -> Sequence[Row[Any]]:
    """What a comment answers, from the top down."""
    ids = {entry.root_id, entry.parent_id} - {None}
    return db.execute(entries().where(C.id.in_(ids)).order_by(C.depth)).all() if ids else ()


def newest_said(db: Session, thread_id: int, most: int) -> Sequence[Row[Any]]:
    """The newest comments that stand at the top and can be read."""
    wanted = entries().where(C.thread_id == thread_id, C.parent_id.is_(None), C.state == CommentState.PUBLISHED)
    return db.execute(wanted.order_by(C.published_at.desc(), C.id.desc()).limit(most)).all()


def public_revisions(db: Session, comment_id: int) -> Sequence[Any]:
    """Every text that was ever public, the first one first."""
    wanted = select(R.number, R.body, R.at, R.published_at).where(
        R.comment_id == comment_id, R.published_at.is_not(None)
    )
    return db.execute(wanted.order_by(R.number)).all()


def vote_of(db: Session, comment_id: int, account_id: int) -> int:
    """1, -1, or 0."""
    return db.scalar(select(Vote.value).where(Vote.comment_id == comment_id, Vote.account_id == account_id)) or 0


def said_about(db: Session, subjects: Collection[SubjectRef]) -> Mapping[SubjectRef, int]:
    """How many comments each of these has that everyone can read; none where there is no thread."""
    found: dict[SubjectRef, int] = {}
    for kind in {s.kind for s in subjects}:
        ids = [s.id for s in subjects if s.kind == kind]
        rows = db.execute(
            select(Thread.subject_id, Thread.said).where(Thread.subject_kind == kind, Thread.subject_id.in_(ids))
        )
        found |= {SubjectRef(kind, row.subject_id): row.said for row in rows}
    return found
