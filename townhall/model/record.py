"""What stays of a hall: captions, promises, minutes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Caption(Base):
    """A line of what was said, numbered in its hall. ``second`` counts from the start of the hall."""

    __tablename__ = "townhall_caption"
    __table_args__ = (CheckConstraint("second >= 0", name="second"),)

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    second: Mapped[int]
    rev: Mapped[int] = mapped_column(default=1)
    #: written by a program, and so said beside it until a person corrected it
    automatic: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class CaptionText(Base):
    """What a corrected line said before."""

    __tablename__ = "townhall_caption_text"

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rev: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Promise(Base):
    """A commitment that was made in a hall: to which question, at which second."""

    __tablename__ = "townhall_promise"
    __table_args__ = (Index("ix_townhall_promise_question", "question_id"),)

    commitment_id: Mapped[int] = mapped_column(
        ForeignKey("outcomes_commitment.id"), primary_key=True, autoincrement=False
    )
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("townhall_question.id"))
    second: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Minutes(Base):
    """Minutes in one version: drafted from the log, edited by people, published by somebody named."""

    __tablename__ = "townhall_minutes"
    __table_args__ = (CheckConstraint("(published_at IS NULL) = (published_by_id IS NULL)", name="published"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), index=True)
    version: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    #: formatted
    body: Mapped[str] = mapped_column(Text)
    #: why a published version was followed by another one
    note: Mapped[str] = mapped_column(String(300), default="")
    drafted_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
