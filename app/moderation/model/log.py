"""The public log of decisions: lines that nobody can change, their head, and what may be erased beside them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class LogLine(Base):
    """One decision, without a word of the text and without a name. Triggers refuse to change or delete it."""

    __tablename__ = "moderation_log"
    __table_args__ = (
        Index("ix_moderation_log_at", "at"),
        Index("ix_moderation_log_about", "about_id", "verdict"),
        # percentiles are read from this one alone
        Index("ix_moderation_log_times", "seconds_waited", "origin", "verdict", "at", "id"),
    )

    #: 1, 2, 3 … without gaps
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    #: of content
    kind: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int] = mapped_column(BigInteger)
    subject_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: as of the decision, or ``undo``
    verdict: Mapped[str] = mapped_column(String(12))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    standards_version: Mapped[int]
    origin: Mapped[str] = mapped_column(String(12))
    #: from the text's arrival to the decision
    seconds_waited: Mapped[int] = mapped_column(BigInteger)
    seconds_open: Mapped[int | None]
    #: the line that was undone, upheld or overturned
    about_id: Mapped[int | None] = mapped_column(BigInteger)
    moderator_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogHead(Base):
    """The newest link of the chain; its row lock puts writers in line."""

    __tablename__ = "moderation_log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class Beside(Base):
    """What a line is about and who decided: its digests open with the salt. Once erased, nobody can tell."""

    __tablename__ = "moderation_log_beside"
    __table_args__ = (
        Index("ix_moderation_log_beside_decision", "decision_id"),
        Index("ix_moderation_log_beside_subject", "subject_kind", "subject_id"),
    )

    log_id: Mapped[int] = mapped_column(ForeignKey("moderation_log.id"), primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    moderator_id: Mapped[int | None] = mapped_column(BigInteger)
