"""Referrals and answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Referral(Base):
    """One duty of one department. Overdue is derived: ``due_at`` has passed and nothing answered it.

    ``department_id`` is empty only where an import's source named no department.
    """

    __tablename__ = "outcomes_referral"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'answered', 'closed')", name="state"),
        CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered"),
        CheckConstraint("department_id IS NOT NULL OR imported", name="department"),
        UniqueConstraint("subject_kind", "subject_id", "cause", "episode"),
        Index("ix_outcomes_referral_desk", "department_id", "state", "due_at"),
        Index("ix_outcomes_referral_newest", "answered_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(40))
    episode: Mapped[int] = mapped_column(default=1)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))
    state: Mapped[str] = mapped_column(String(12))
    imported: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    #: no longer owed: what caused it was undone before anything answered it
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Answer(Base):
    """One version of a department's answer; versions are never changed."""

    __tablename__ = "outcomes_answer"
    __table_args__ = (UniqueConstraint("referral_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"))
    version: Mapped[int]
    grade: Mapped[str | None] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    #: taken back before anyone was told of it; the version stays on record
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(BigInteger)
