"""Commitments and how far they have come."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

_OPEN = text("progress IN ('planned', 'under-way')")


class Commitment(Base):
    """A department's promise about a subject. Overdue is derived: ``due_on`` is over and it is neither done nor dropped.

    ``referral_id`` is empty for a promise made without one, such as in a live hall.
    """

    __tablename__ = "outcomes_commitment"
    __table_args__ = (
        CheckConstraint("progress IN ('planned', 'under-way', 'done', 'dropped')", name="progress"),
        CheckConstraint("(progress IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_outcomes_commitment_subject", "subject_kind", "subject_id"),
        Index("ix_outcomes_commitment_referral", "referral_id"),
        Index("ix_outcomes_commitment_department", "department_id", "progress", "due_on"),
        Index("ix_outcomes_commitment_open", "due_on", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes_referral.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))
    text: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date]
    progress: Mapped[str] = mapped_column(String(12))
    sandbox: Mapped[bool] = mapped_column(default=False)
    #: how many updates it has; whoever writes one says which they had seen
    updates: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    updated_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: which reminder its department had last
    reminded: Mapped[str | None] = mapped_column(String(40))
    #: its answer was taken back before anyone was told: never shown, kept on record
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class ProgressUpdate(Base):
    """A dated note that everyone reads; never changed. ``due_before``: the date it had before this update."""

    __tablename__ = "outcomes_progress_update"
    __table_args__ = (
        CheckConstraint("progress IN ('planned', 'under-way', 'done', 'dropped')", name="progress"),
        Index("uq_outcomes_progress_update_number", "commitment_id", "number", unique=True),
        Index("ix_outcomes_progress_update_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("outcomes_commitment.id"))
    number: Mapped[int]
    progress: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text)
    links: Mapped[list[str]] = mapped_column(JSON)
    due_before: Mapped[date | None]
    due_after: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
