"""The log of a hall: numbers and ids, never text; commands that were answered; who is here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant


class Event(Base):
    """Something that happened. Its words are read when it is sent, so that nothing hidden comes back.

    ``staff_seq`` numbers every event, ``public_seq`` those that everybody follows. ``thing_id``: the question, poll,
    agenda item, caption … that it is about; ``facts``: ids and numbers alone.
    """

    __tablename__ = "townhall_event"
    __table_args__ = (
        Index("uq_townhall_event_public", "hall_id", "public_seq", unique=True),
        Index("ix_townhall_event_thing", "hall_id", "kind", "thing_id"),
    )

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True, autoincrement=False)
    staff_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    public_seq: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(30))
    thing_id: Mapped[int | None] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Command(Base):
    """A command that was carried out, by who sent it and the id that they gave it: a repeat gets the same reply."""

    __tablename__ = "townhall_command"
    __table_args__ = (Index("ix_townhall_command_at", "at"),)

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    #: 16 bytes: a digest of the participant's or the account's number
    sender: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    #: as the client made it, at most 64 characters
    command_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: of operation and data: another content under a known id is refused
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    #: JSON: what it answered, and the number of its newest public event
    reply: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Presence(Base):
    """How many follow a hall through one process, and how they react; rows older than some seconds say nothing."""

    __tablename__ = "townhall_presence"

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    process: Mapped[str] = mapped_column(String(32), primary_key=True)
    here: Mapped[int]
    #: of all time: kind of reaction -> how often
    reactions: Mapped[dict[str, Any]] = mapped_column(JSON)
    most: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
