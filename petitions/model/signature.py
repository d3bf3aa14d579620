"""Signatures, the sealed person behind each, and the households that bind two to one postcode."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant
from petitions.rules.lifecycle import SignatureState

_STATES = ", ".join(f"'{s}'" for s in SignatureState)
_VALIDATED = text("state = 'validated'")
_HELD = text("state = 'held'")
_PENDING = text("state = 'pending'")
_ENDED = text("ended_at IS NOT NULL")
_WANTS_NEWS = text("state = 'validated' AND notify")


class Signature(Base):
    """One person's support. What identifies the person is keyed by the petition's own salt.

    Pending rows bind nobody; validated ones hold a slot (1 or 2) of their address, a name no other
    validated row of the address has, and a household with one postcode: all as constraints.
    """

    __tablename__ = "petitions_signature"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("kind IN ('creator', 'sponsor', 'public')", name="kind"),
        CheckConstraint("(state = 'validated') = (slot IS NOT NULL)", name="slot_held"),
        CheckConstraint("slot IS NULL OR slot IN (1, 2)", name="slot"),
        CheckConstraint("state <> 'validated' OR (number IS NOT NULL AND validated_at IS NOT NULL)", name="number"),
        CheckConstraint("(slot IS NULL) = (household IS NULL)", name="household"),
        ForeignKeyConstraint(
            ["petition_id", "address_key", "household"],
            ["petitions_household.petition_id", "petitions_household.address_key", "petitions_household.postcode_key"],
            name="fk_petitions_signature_household",
        ),
        Index("ix_petitions_signature_address", "address_key"),
        Index(
            "uq_petitions_signature_slot",
            "petition_id",
            "address_key",
            "slot",
            unique=True,
            sqlite_where=_VALIDATED,
            postgresql_where=_VALIDATED,
        ),
        Index(
            "uq_petitions_signature_name",
            "petition_id",
            "address_key",
            "name_key",
            unique=True,
            sqlite_where=_VALIDATED,
            postgresql_where=_VALIDATED,
        ),
        Index(
            "uq_petitions_signature_number",
            "petition_id",
            "number",
            unique=True,
            sqlite_where=text("number IS NOT NULL"),
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index("ix_petitions_signature_held", "held_by", "id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_petitions_signature_pending", "petition_id", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index(
            "ix_petitions_signature_ended",
            "petition_id",
            "state",
            "end_reason",
            "number",
            sqlite_where=_ENDED,
            postgresql_where=_ENDED,
        ),
        Index(
            "ix_petitions_signature_news", "petition_id", "id", sqlite_where=_WANTS_NEWS, postgresql_where=_WANTS_NEWS
        ),
    )

    #: the id of the act that asked for it
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"))
    state: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(8))
    address_key: Mapped[bytes] = mapped_column(LargeBinary(16))
    name_key: Mapped[bytes] = mapped_column(LargeBinary(16))
    postcode_key: Mapped[bytes] = mapped_column(LargeBinary(16))
    country: Mapped[str] = mapped_column(String(2))
    #: code of the area at home that it is counted for; None abroad and where nobody knows it
    area: Mapped[str | None] = mapped_column(String(20))
    notify: Mapped[bool]
    privacy: Mapped[str] = mapped_column(String(12))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    #: the newest request; the link lives from then
    asked_at: Mapped[datetime] = mapped_column(Instant)
    letters: Mapped[int] = mapped_column(default=0)
    slot: Mapped[int | None]
    household: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    number: Mapped[int | None]
    validated_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_by: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: ``withdrawn``, ``not-me``, ``corrected``, or a class of reason that staff chose
    end_reason: Mapped[str | None] = mapped_column(String(20))
    #: its owner had the sealed words deleted; the row stays, as a count and a mark against signing twice
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    #: the block that held it back; staff release it
    held_by: Mapped[int | None] = mapped_column(BigInteger)


class Signer(Base):
    """Name, address and postcode of one signature, sealed; deleted when signers are erased."""

    __tablename__ = "petitions_signer"

    signature_id: Mapped[int] = mapped_column(
        ForeignKey("petitions_signature.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Household(Base):
    """The one postcode that validated signatures of an address share."""

    __tablename__ = "petitions_household"
    __table_args__ = (
        Index("uq_petitions_household_postcode", "petition_id", "address_key", "postcode_key", unique=True),
    )

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    address_key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    postcode_key: Mapped[bytes] = mapped_column(LargeBinary(16))
