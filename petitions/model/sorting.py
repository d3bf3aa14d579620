"""How staff sort petitions: public topics, internal tags."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Topic(Base):
    """A subject that readers filter by. Retired, never deleted, once a petition has it."""

    __tablename__ = "petitions_topic"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class PetitionTopic(Base):
    __tablename__ = "petitions_petition_topic"
    __table_args__ = (Index("ix_petitions_petition_topic_topic", "topic_id", "petition_id"),)

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("petitions_topic.id"), primary_key=True)


class Tag(Base):
    """A word of the staff's own, never shown to the public."""

    __tablename__ = "petitions_tag"
    __table_args__ = (Index("ix_petitions_tag_tag", "tag", "petition_id"),)

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
