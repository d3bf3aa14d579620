"""Questions, their texts, upvotes, and how they were joined."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from townhall.model.hall import one_of
from townhall.rules.questions import Origin, QuestionState


class Question(Base):
    """A question and where it stands.

    ``votes``: how many participants who are not banned upvoted it or one that is merged into it, each once; exact in
    every committed state. ``rev`` grows with every text and every decision: what a moderator judges names the one they
    saw. Its newest text is the one with the highest number not above it. ``name`` is empty where it was asked anonymously: nobody, of
    the staff neither, is shown who asked; ``participant_id`` serves limits, news and taking it back.
    """

    __tablename__ = "townhall_question"
    __table_args__ = (
        CheckConstraint(one_of("state", QuestionState), name="state"),
        CheckConstraint(one_of("origin", Origin), name="origin"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint("votes >= 0", name="votes"),
        CheckConstraint("NOT anonymous OR name = ''", name="anonymous"),
        CheckConstraint("origin = 'web' OR clerk_id IS NOT NULL", name="clerk"),
        Index("ix_townhall_question_list", "hall_id", "state", "id"),
        Index("ix_townhall_question_participant", "participant_id", "id"),
        Index("ix_townhall_question_merged", "merged_into_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("townhall_participant.id"))
    origin: Mapped[str] = mapped_column(String(8), default=Origin.WEB)
    clerk_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    state: Mapped[str] = mapped_column(String(10))
    #: for a decision that is undone
    state_before: Mapped[str | None] = mapped_column(String(10))
    rev: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(12), default="")
    anonymous: Mapped[bool]
    name: Mapped[str] = mapped_column(String(120), default="")
    votes: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("townhall_question.id"))
    #: asked before the hall began
    ahead: Mapped[bool]
    reason_code: Mapped[str | None] = mapped_column(String(40))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    #: first public; never changes after
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime] = mapped_column(Instant)
    shortlisted_at: Mapped[datetime | None] = mapped_column(Instant)
    #: last on stage
    staged_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    #: whom it was left to, once the hall was over or before
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))


class QuestionText(Base):
    """What a question said from an instant on; never changed."""

    __tablename__ = "townhall_question_text"

    question_id: Mapped[int] = mapped_column(ForeignKey("townhall_question.id"), primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Upvote(Base):
    """One participant's upvote of the question that they chose; merging moves nothing, so that undoing is exact."""

    __tablename__ = "townhall_upvote"
    __table_args__ = (Index("ix_townhall_upvote_participant", "participant_id", "question_id"),)

    question_id: Mapped[int] = mapped_column(ForeignKey("townhall_question.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("townhall_participant.id"), primary_key=True)
    act_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)


class Merge(Base):
    """A question that was joined to another, by whom; undone, it stays on record."""

    __tablename__ = "townhall_merge"
    __table_args__ = (Index("ix_townhall_merge_question", "question_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("townhall_question.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("townhall_question.id"))
    state_before: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
