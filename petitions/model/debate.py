"""What a debate brought, in versions that are never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant


class Debate(Base):
    """One version of what is known of a petition's debate; the newest that was not taken back counts.

    ``scheduled`` for ``debated_on``; ``outcome`` once something can be read or watched;
    ``not_held`` with the reason in ``overview``. Links go to the deployment's allowed hosts.
    """

    __tablename__ = "petitions_debate"
    __table_args__ = (CheckConstraint("state IN ('scheduled', 'outcome', 'not_held')", name="state"),)

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    debated_on: Mapped[date | None]
    overview: Mapped[str] = mapped_column(Text, default="")
    transcript_url: Mapped[str] = mapped_column(String(500), default="")
    video_url: Mapped[str] = mapped_column(String(500), default="")
    pack_url: Mapped[str] = mapped_column(String(500), default="")
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    #: taken back by its department; the version stays on record
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(BigInteger)
