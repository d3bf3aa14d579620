"""What stays on a department's desk: notes among colleagues, templates, cards that were read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class DeskNote(Base):
    """A note on a referral for its department and those that support it; nobody else reads it."""

    __tablename__ = "outcomes_desk_note"
    __table_args__ = (Index("ix_outcomes_desk_note_referral", "referral_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class AnswerTemplate(Base):
    """Words a department begins answers with, under a name of its own."""

    __tablename__ = "outcomes_answer_template"
    __table_args__ = (Index("ix_outcomes_answer_template_department", "department_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))
    name: Mapped[str] = mapped_column(String(80))
    grade: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class CardRead(Base):
    """A training card that an officer has read and put away."""

    __tablename__ = "outcomes_card_read"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False)
    card: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
