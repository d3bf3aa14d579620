"""Who takes part in a hall: their place, sealed words, browsers, hands and bans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from townhall.model.hall import one_of
from townhall.rules.lifecycle import Place

_HAS_ADDRESS = text("address_key IS NOT NULL")
_WAITING = text("place = 'waiting'")


class Participant(Base):
    """One person, or in an open hall one browser. One row an address and hall: as a constraint.

    ``waiting_number`` orders the waiting list and never falls. ``name`` is what stands beside their questions, public
    from the first one on that is not anonymous; the name they registered with is sealed in :class:`Person`.
    """

    __tablename__ = "townhall_participant"
    __table_args__ = (
        CheckConstraint(one_of("place", Place), name="place"),
        CheckConstraint("(place = 'browser') = (address_key IS NULL)", name="known"),
        Index(
            "uq_townhall_participant_address",
            "hall_id",
            "address_key",
            unique=True,
            sqlite_where=_HAS_ADDRESS,
            postgresql_where=_HAS_ADDRESS,
        ),
        Index(
            "ix_townhall_participant_waiting",
            "hall_id",
            "waiting_number",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_townhall_participant_place", "hall_id", "place", "id"),
        Index("ix_townhall_participant_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"))
    place: Mapped[str] = mapped_column(String(12))
    address_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    name: Mapped[str] = mapped_column(String(120), default="")
    #: wants to be told of answers and promises
    notify: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(12), default="")
    privacy: Mapped[str] = mapped_column(String(12), default="")
    waiting_number: Mapped[int | None]
    letters: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    attended_at: Mapped[datetime | None] = mapped_column(Instant)
    banned_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when they may ask the next question, as far as slow mode goes
    asked_last_at: Mapped[datetime | None] = mapped_column(Instant)


class Person(Base):
    """Name and address of one participant, sealed; deleted when participants are erased."""

    __tablename__ = "townhall_person"

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("townhall_participant.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Ticket(Base):
    """A browser that is this participant's; see :func:`townhall.identity.ticket`."""

    __tablename__ = "townhall_ticket"

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("townhall_participant.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Hand(Base):
    """A raised hand; ``number`` orders them. ``called_at``: the host gave them the floor."""

    __tablename__ = "townhall_hand"
    __table_args__ = (Index("ix_townhall_hand_order", "hall_id", "lowered_at", "number"),)

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("townhall_participant.id"), primary_key=True)
    number: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(Instant)
    called_at: Mapped[datetime | None] = mapped_column(Instant)
    lowered_at: Mapped[datetime | None] = mapped_column(Instant)


class Ban(Base):
    """Who was shut out of a hall, by whom and why; undone, it stays on record."""

    __tablename__ = "townhall_ban"
    __table_args__ = (Index("ix_townhall_ban_participant", "participant_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("townhall_participant.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
