"""Cases, the revisions of their text, decisions, and the reasons decisions name."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


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


class Case(Base):
    """One piece of content awaiting judgement. A subject has at most one case waiting."""

    __tablename__ = "moderation_case"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'decided', 'closed')", name="state"),
        Index(
            "uq_moderation_case_waiting",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_moderation_case_queue", "state", "opened_at"),
        Index("ix_moderation_case_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class Revision(Base):
    """A text as it stood when it came to be judged; the text itself stays in its room."""

    __tablename__ = "moderation_revision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    number: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant)


class Decision(Base):
    """What was decided on one revision, by whom, when and why."""

    __tablename__ = "moderation_decision"
    __table_args__ = (
        CheckConstraint("verdict IN ('publish', 'reject', 'hide', 'restore')", name="verdict"),
        CheckConstraint("(verdict IN ('publish', 'restore')) = (reason_code IS NULL)", name="reason"),
        ForeignKeyConstraint(
            ["reason_code", "standards_version"], ["moderation_reason.code", "moderation_reason.standards_version"]
        ),
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


class Report(Base):
    """A reader says that something published breaks a rule. Nobody's name is asked."""

    __tablename__ = "moderation_report"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'handled')", name="state"),
        Index("ix_moderation_report_queue", "state", "at"),
        Index("ix_moderation_report_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    reason_code: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    handled_at: Mapped[datetime | None] = mapped_column(Instant)
    handled_by_id: Mapped[int | None] = mapped_column(BigInteger)
    #: the random id its form was made with: a second click reports nothing twice
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)
