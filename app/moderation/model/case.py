"""Cases, the revisions of their text, decisions, and the reasons decisions name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

_A_TEXT_WAITS = text("state = 'waiting' AND origin IN ('new', 'edit', 'resubmission', 'signal')")
_REPORTS_WAIT = text("state = 'waiting' AND origin = 'report'")
_CLAIMED = text("claimed_by_id IS NOT NULL")


class Reason(Base):
    """A coded reason as one version of the standards words it. Retired, never deleted."""

    __tablename__ = "moderation_reason"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    standards_version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    rule: Mapped[str] = mapped_column(String(500))
    hides: Mapped[bool]
    place: Mapped[int]
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    #: whether its author gets a letter; off for spam, where a deployment wants that
    notifies: Mapped[bool] = mapped_column(default=True, server_default=true())


class Case(Base):
    """One piece of content awaiting judgement. A subject has at most one case of a text waiting, and one of
    readers' reports; appeals and illegal content have cases of their own beside them."""

    __tablename__ = "moderation_case"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'decided', 'closed')", name="state"),
        Index(
            "uq_moderation_case_waiting",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=_A_TEXT_WAITS,
            postgresql_where=_A_TEXT_WAITS,
        ),
        Index(
            "uq_moderation_case_reported",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=_REPORTS_WAIT,
            postgresql_where=_REPORTS_WAIT,
        ),
        Index("ix_moderation_case_queue", "state", "opened_at", "id"),
        Index("ix_moderation_case_decided", "state", "decided_at", "id"),
        Index("ix_moderation_case_claimed", "claimed_by_id", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
        Index("ix_moderation_case_subject", "subject_kind", "subject_id"),
        Index("ix_moderation_case_author", "author_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    origin: Mapped[str] = mapped_column(String(12), default="new", server_default="new")
    #: the author's account, where it has one
    author_id: Mapped[int | None] = mapped_column(BigInteger)
    #: how the text begins, for the queue's search; erased with it
    excerpt: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    #: where it would appear, such as the petition that a comment is about
    context_kind: Mapped[str | None] = mapped_column(String(40))
    context_id: Mapped[int | None] = mapped_column(BigInteger)
    #: what automatic checks found: code, score and cause of each
    signals: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    #: what comes first where the queue is sorted by it: signals and reporters
    weight: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_by_id: Mapped[int | None] = mapped_column(BigInteger)
    #: since when its holder has had it without a break
    claimed_since: Mapped[datetime | None] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    #: of the same subject, such as the one that returned it to its author
    previous_case_id: Mapped[int | None] = mapped_column(BigInteger)


class Revision(Base):
    """A text as it stood when it came to be judged; the text itself stays in its room."""

    __tablename__ = "moderation_revision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    number: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant)


class Decision(Base):
    """What was decided on one revision, by whom, when and why. ``note`` is the author's to read, ``internal`` never."""

    __tablename__ = "moderation_decision"
    __table_args__ = (
        CheckConstraint(
            "verdict IN ('publish', 'return', 'reject', 'hide', 'restore', 'dismiss', 'uphold', 'overturn', 'remove')",
            name="verdict",
        ),
        CheckConstraint("(verdict IN ('return', 'reject', 'hide')) = (reason_code IS NOT NULL)", name="reason"),
        ForeignKeyConstraint(
            ["reason_code", "standards_version"], ["moderation_reason.code", "moderation_reason.standards_version"]
        ),
        Index("ix_moderation_decision_batch", "batch_id"),
        Index("ix_moderation_decision_by", "by_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("moderation_revision.id"), unique=True)
    verdict: Mapped[str] = mapped_column(String(12))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    standards_version: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    #: why its case was there
    origin: Mapped[str] = mapped_column(String(12), default="new", server_default="new")
    internal: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    #: how long its moderator held the case
    seconds_open: Mapped[int | None]
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class Holiday(Base):
    """Days on which nobody moderates: the promised time grows by them."""

    __tablename__ = "moderation_holiday"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="days"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    #: taken out again; administrators can put it back
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
