"""Notices to everyone, and how far a change of the site's secret has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Banner(Base):
    """Words on top of every page, from ``starts_at`` until ``ends_at``, or until somebody takes them down."""

    __tablename__ = "operation_banner"
    __table_args__ = (
        CheckConstraint("level IN ('information', 'important', 'urgent')", name="level"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="order"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    #: for the record, of the newest change
    reason: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    taken_down_at: Mapped[datetime | None] = mapped_column(Instant)
    #: whether cached pages were told that it begins, and that it ends
    told_of_start: Mapped[bool] = mapped_column(default=False)
    told_of_end: Mapped[bool] = mapped_column(default=False)


class Rekeying(Base):
    """How far one room's stored data has come on its way from an old secret to a new one.

    ``secrets``: a keyed digest of both, so that nobody goes on with others; ``reached``: the last
    row that was done; ``done_at``: when all was.
    """

    __tablename__ = "operation_rekeying"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    secrets: Mapped[bytes] = mapped_column(LargeBinary(32))
    reached: Mapped[int] = mapped_column(BigInteger, default=0)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    started_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
