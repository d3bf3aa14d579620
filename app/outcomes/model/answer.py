"""Answers with their versions, the draft before one, and what those who asked say of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


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
    #: the day by which a department that examines says what came of it
    examine_by: Mapped[date | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    #: the second person, where the department wants two
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    #: the department's program that wrote it, in nobody's name
    token_id: Mapped[int | None] = mapped_column(ForeignKey("tokens_token.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    #: taken back before anyone was told of it; the version stays on record
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(BigInteger)


class AnswerDraft(Base):
    """What a department is writing: one for a referral, as its colleagues see it too.

    ``revision`` counts its savings; ``after_version`` is the answer its writer had seen. While
    ``waits_since`` is set it waits for a second person, who must not be the one who wrote last.
    Either a person wrote it last, or a program of the department's.
    """

    __tablename__ = "outcomes_answer_draft"
    __table_args__ = (CheckConstraint("(by_id IS NULL) <> (token_id IS NULL)", name="writer"),)

    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False)
    grade: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    #: as typed: a draft may be unfinished
    examine_by: Mapped[str] = mapped_column(String(40))
    #: [{"text": …, "owner": …, "due": …}], as typed
    promises: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    send_news: Mapped[bool]
    after_version: Mapped[int]
    revision: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("tokens_token.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    waits_since: Mapped[datetime | None] = mapped_column(Instant)


class FeedbackGiven(Base):
    """Somebody who asked has said whether the answer addresses it; what they said stands in no row of theirs."""

    __tablename__ = "outcomes_feedback_given"

    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False)
    person: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class FeedbackCount(Base):
    """How many said what of a referral's answer."""

    __tablename__ = "outcomes_feedback_count"
    __table_args__ = (
        CheckConstraint("addressed IN ('yes', 'partly', 'no')", name="addressed"),
        CheckConstraint("people > 0", name="people"),
    )

    referral_id: Mapped[int] = mapped_column(ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False)
    addressed: Mapped[str] = mapped_column(String(8), primary_key=True)
    people: Mapped[int]
