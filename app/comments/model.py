"""Threads, comments, the texts they had, and votes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.comments.rules.lifecycle import CommentState, EditState, Mode
from app.comments.rules.texts import Stance
from app.comments.rules.threads import MOST_DEPTH
from app.core.db import Base, BigId, Instant


def _one_of(column: str, values: type[CommentState] | type[EditState] | type[Mode] | type[Stance]) -> str:
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


class Thread(Base):
    """The discussion of one subject. Its figures count what everyone can read."""

    __tablename__ = "comments_thread"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id"),
        CheckConstraint(_one_of("mode", Mode), name="mode"),
        CheckConstraint("closed_because IN ('subject', 'moderator')", name="closed_because"),
        CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name="closed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    #: changed by :func:`app.comments.service.running.set_mode` and by nothing else
    mode: Mapped[str] = mapped_column(String(6))
    asks_stance: Mapped[bool]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_because: Mapped[str | None] = mapped_column(String(10))
    said: Mapped[int] = mapped_column(default=0)
    fors: Mapped[int] = mapped_column(default=0)
    againsts: Mapped[int] = mapped_column(default=0)
    neutrals: Mapped[int] = mapped_column(default=0)
    last_said_at: Mapped[datetime | None] = mapped_column(Instant)


_ROOTS: dict[str, Any] = {
    "sqlite_where": text("parent_id IS NULL AND published_at IS NOT NULL"),
    "postgresql_where": text("parent_id IS NULL AND published_at IS NOT NULL"),
}


class Comment(Base):
    """A remark and where it stands. ``published_at`` is when it was first public, and never changes after."""

    __tablename__ = "comments_comment"
    __table_args__ = (
        CheckConstraint(_one_of("state", CommentState), name="state"),
        CheckConstraint(_one_of("edit_state", EditState), name="edit_state"),
        CheckConstraint(_one_of("stance", Stance), name="stance"),
        CheckConstraint(f"depth BETWEEN 1 AND {MOST_DEPTH}", name="depth"),
        CheckConstraint("(depth = 1) = (parent_id IS NULL)", name="parent"),
        CheckConstraint("(depth = 1) = (root_id IS NULL)", name="root"),
        CheckConstraint("(published_at IS NULL) = (shown_revision IS NULL)", name="shown"),
        CheckConstraint("ups >= 0 AND downs >= 0 AND replies >= 0", name="figures"),
        Index("ix_comments_comment_newest", "thread_id", "published_at", "id", **_ROOTS),
        Index("ix_comments_comment_best", "thread_id", "best", "id", **_ROOTS),
        Index("ix_comments_comment_discussed", "thread_id", "replies", "id", **_ROOTS),
        Index("ix_comments_comment_first_replies", "root_id", "reply_number"),
        Index("ix_comments_comment_replies", "root_id", "branch_id", "id"),
        Index("ix_comments_comment_author", "author_id", "id"),
        Index("ix_comments_comment_likeness", "thread_id", "author_id", "likeness"),
        Index(
            "uq_comments_comment_source",
            "source",
            "source_id",
            unique=True,
            sqlite_where=text("source IS NOT NULL"),
            postgresql_where=text("source IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("comments_thread.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments_comment.id"), index=True)
    #: the comment at the top of it; None for one that stands there itself
    root_id: Mapped[int | None] = mapped_column(BigInteger)
    #: the reply to the top that it belongs to, or is: what orders replies
    branch_id: Mapped[int | None] = mapped_column(BigInteger)
    #: the text of its parent that it answered
    parent_revision: Mapped[int | None]
    depth: Mapped[int]
    #: None once its author was erased
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    anonymised: Mapped[bool] = mapped_column(default=False)
    #: the system it was imported from, and its id there: no account stands behind it
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(80))
    #: its author as the source names them; empty where the name is withheld
    source_name: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12))
    edit_state: Mapped[str | None] = mapped_column(String(12))
    stance: Mapped[str | None] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(12))
    #: the passage of its subject's text that it is about, word for word, and the version of that text
    quote: Mapped[str | None] = mapped_column(Text)
    about_version: Mapped[int | None]
    #: the newest text, and the one that everybody reads
    revision: Mapped[int] = mapped_column(default=1)
    shown_revision: Mapped[int | None]
    likeness: Mapped[bytes] = mapped_column(LargeBinary(32))
    ups: Mapped[int] = mapped_column(default=0)
    downs: Mapped[int] = mapped_column(default=0)
    best: Mapped[float] = mapped_column(default=0.0)
    #: public replies anywhere beneath it
    replies: Mapped[int] = mapped_column(default=0)
    #: how many replies beneath this top comment were ever public: it never falls, and numbers them
    replies_numbered: Mapped[int] = mapped_column(default=0)
    reply_number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    edited_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when it got the state that it has
    settled_at: Mapped[datetime] = mapped_column(Instant)
    #: what it was before that, for a decision that is undone
    state_before: Mapped[str | None] = mapped_column(String(12))
    #: the rule it was refused by, as its placeholder names it
    reason_code: Mapped[str | None] = mapped_column(String(40))


class CommentRevision(Base):
    """One text of a comment. Public from ``published_at`` on, also where a later one took its place."""

    __tablename__ = "comments_revision"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments_comment.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    #: as the sanitiser of this version made it of the text; made again where the version has changed
    html: Mapped[str] = mapped_column(Text)
    sanitised: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class Vote(Base):
    """One account's vote on one comment: 1, -1, or 0 where it was taken back. ``act_id``: the act that set it."""

    __tablename__ = "comments_vote"
    __table_args__ = (CheckConstraint("value IN (-1, 0, 1)", name="value"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments_comment.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True, index=True)
    value: Mapped[int]
    act_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
