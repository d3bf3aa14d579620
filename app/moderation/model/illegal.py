"""The track for illegal content: who says so, the sealed evidence, and who read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class IllegalReport(Base):
    """Somebody, account or not, says that a text breaks the law. Its text is sealed as it stood then."""

    __tablename__ = "moderation_illegal"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'proposed', 'removed', 'dismissed')", name="state"),
        Index("ix_moderation_illegal_queue", "state", "at"),
        Index("ix_moderation_illegal_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    #: the text, sealed; gone once the report was dismissed
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: SHA-256 of what was sealed
    evidence_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)


class Reading(Base):
    """One look at sealed evidence: by whom, when and why."""

    __tablename__ = "moderation_reading"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    illegal_id: Mapped[int] = mapped_column(ForeignKey("moderation_illegal.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Instant)
