"""What everybody who registered for a hall is told, and how far the letters have come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from townhall.model.hall import one_of
from townhall.rules.news import NewsKind

_UNFINISHED = text("done_at IS NULL")


class News(Base):
    """One announcement about one thing: once each. ``about``: of reminders the hall's start in seconds since 1970, of a
    change a number of its own, 0 where there is one of a hall alone.

    ``reached``: the last participant who has a letter in the outbox; its letters are one ``batch``.
    """

    __tablename__ = "townhall_news"
    __table_args__ = (
        CheckConstraint(one_of("kind", NewsKind), name="kind"),
        UniqueConstraint("hall_id", "kind", "about"),
        Index("ix_townhall_news_unfinished", "id", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"))
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[int] = mapped_column(BigInteger)
    batch: Mapped[int] = mapped_column(BigInteger)
    reached: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    called_off_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
