"""Polls and what each participant answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from townhall.model.hall import one_of
from townhall.rules.polls import PollKind, PollState


class Poll(Base):
    """``options`` is ``[{"id": 1, "text": …}, …]``, empty in ratings and clouds. ``answers`` counts participants who are
    not banned, exact in every committed state. ``results``, worked out when it is revealed, is nobody's to see before."""

    __tablename__ = "townhall_poll"
    __table_args__ = (
        CheckConstraint(one_of("state", PollState), name="state"),
        CheckConstraint(one_of("kind", PollKind), name="kind"),
        CheckConstraint("(state = 'revealed') = (revealed_at IS NOT NULL)", name="revealed"),
        CheckConstraint("answers >= 0", name="answers"),
        Index("ix_townhall_poll_list", "hall_id", "position", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    rev: Mapped[int] = mapped_column(default=1)
    question: Mapped[str] = mapped_column(Text)
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: how many may be chosen (multiple), how many words may be given (cloud)
    most: Mapped[int] = mapped_column(default=1)
    answers: Mapped[int] = mapped_column(default=0)
    results: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    revealed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class PollAnswer(Base):
    """A participant's last answer: ``{"choices": […]}`` or ``{"words": […]}``."""

    __tablename__ = "townhall_poll_answer"
    __table_args__ = (Index("ix_townhall_poll_answer_participant", "participant_id", "poll_id"),)

    poll_id: Mapped[int] = mapped_column(ForeignKey("townhall_poll.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("townhall_participant.id"), primary_key=True)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    act_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
