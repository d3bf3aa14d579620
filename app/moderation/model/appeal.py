"""Appeals against decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Appeal(Base):
    """The author asks once for somebody else to look. ``case_id`` is the case in which it is heard.

    ``moot``: what it was about was settled otherwise, such as by a new text that was published.
    """

    __tablename__ = "moderation_appeal"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'upheld', 'overturned', 'moot')", name="state"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("moderation_decision.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), unique=True)
    words: Mapped[str] = mapped_column(Text)
    #: of the decision it is against: ``upheld`` stands, ``overturned`` does not
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    heard_at: Mapped[datetime | None] = mapped_column(Instant)
    heard_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
