"""Referrals: who owes what about which subject by when, and how it came to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

_OWED = text("state IN ('received', 'accepted', 'returned')")


class Referral(Base):
    """One duty of one department. Overdue is derived: ``due_at`` has passed and it is still owed.

    ``department_id`` is empty only where an import's source named no department. ``answered_at`` and
    ``took`` (seconds from ``received_at``) are of the answer that stands first; a returned referral
    keeps them until it is answered again.
    """

    __tablename__ = "outcomes_referral"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'accepted', 'answered', 'returned', 'closed')", name="state"),
        CheckConstraint("state NOT IN ('received', 'accepted') OR answered_at IS NULL", name="unanswered"),
        CheckConstraint("state NOT IN ('answered', 'returned') OR answered_at IS NOT NULL", name="answered"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("department_id IS NOT NULL OR imported", name="department"),
        CheckConstraint("closed_why IS NULL OR closed_why IN ('undone', 'settled', 'dropped')", name="closed_why"),
        UniqueConstraint("subject_kind", "subject_id", "cause", "episode"),
        Index("ix_outcomes_referral_desk", "department_id", "state", "due_at"),
        Index("ix_outcomes_referral_newest", "answered_at"),
        Index("ix_outcomes_referral_answered", "department_id", "answered_at"),
        Index("ix_outcomes_referral_took", "department_id", "took"),
        Index("ix_outcomes_referral_owed", "due_at", "id", sqlite_where=_OWED, postgresql_where=_OWED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(40))
    episode: Mapped[int] = mapped_column(default=1)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))
    state: Mapped[str] = mapped_column(String(12))
    imported: Mapped[bool] = mapped_column(default=False)
    #: made up to practise with: real services, no figure
    sandbox: Mapped[bool] = mapped_column(default=False, server_default=false())
    received_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    took: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_why: Mapped[str | None] = mapped_column(String(12))
    #: what the committee said of it, for everyone to read
    closed_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    #: the officer who sees to it
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    #: which reminder its officers had last
    reminded: Mapped[str | None] = mapped_column(String(40))
    #: the committee decided whose it is: no department hands it on again
    ruled: Mapped[bool] = mapped_column(default=False, server_default=false())


class Support(Base):
    """A department that helps the lead one: it reads the matter and its notes, and owes nothing."""

    __tablename__ = "outcomes_support"

    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(Instant)


class Handing(Base):
    """How a referral went from one department to the next, with the reason that everyone can read."""

    __tablename__ = "outcomes_handing"
    __table_args__ = (
        CheckConstraint("move IN ('referred', 'not-ours', 'ruled', 'passed-on')", name="move"),
        Index("ix_outcomes_handing_referral", "referral_id", "id"),
        Index("ix_outcomes_handing_from", "from_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"))
    move: Mapped[str] = mapped_column(String(12))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class DueChange(Base):
    """A due day put off, or set anew because the committee sent an answer back: with its public reason."""

    __tablename__ = "outcomes_due_change"
    __table_args__ = (
        CheckConstraint("kind IN ('extended', 'returned')", name="kind"),
        CheckConstraint("before_at IS NULL OR after_at > before_at OR kind = 'returned'", name="later"),
        Index("ix_outcomes_due_change_referral", "referral_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"))
    kind: Mapped[str] = mapped_column(String(12))
    before_at: Mapped[datetime | None] = mapped_column(Instant)
    after_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Route(Base):
    """A rule: what is about this topic (a room's word for it) goes to this department."""

    __tablename__ = "outcomes_route"
    __table_args__ = (CheckConstraint("part IN ('lead', 'support')", name="part"),)

    topic: Mapped[str] = mapped_column(String(80), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(8))
