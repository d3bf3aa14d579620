"""Petitions, the frozen versions of their text, their crossings and their tallies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from petitions.rules.lifecycle import PetitionState

_STATES = ", ".join(f"'{s}'" for s in PetitionState)
_MOVED = text("validated <> seen")
#: filters that few petitions pass
_FEW = {
    name: text(f"{column} IS NOT NULL")
    for name, column in (
        ("response", "response_reached_at"),
        ("answered", "answered_at"),
        ("debate", "debate_reached_at"),
        ("debated", "debate_state"),
    )
}


class Petition(Base):
    """A public request for one action.

    ``signature_count`` is the public count: ``imported_count`` (what another system stated) plus the
    validated rows here, exact in every committed state. ``last_number`` never falls.
    ``salt`` keys its signers' addresses; it goes when they are erased.
    """

    __tablename__ = "petitions_petition"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("signature_count >= imported_count AND imported_count >= 0", name="count"),
        CheckConstraint("signature_count - imported_count <= last_number", name="numbers"),
        CheckConstraint(
            "state NOT IN ('open', 'closed') OR source IS NOT NULL OR opened_at IS NOT NULL", name="opened"
        ),
        CheckConstraint("state <> 'rejected' OR rejection_code IS NOT NULL", name="rejected"),
        UniqueConstraint("source", "source_id"),
        Index("ix_petitions_petition_popular", "state", "signature_count", "id"),
        Index("ix_petitions_petition_recent", "state", "opened_at", "id"),
        Index("ix_petitions_petition_closing", "state", "closes_at", "id", "source"),
        # the list of all states; what it filters by stands at the end
        Index("ix_petitions_petition_all_popular", "signature_count", "id", "state", "opened_at"),
        Index("ix_petitions_petition_all_recent", "created_at", "id", "state", "opened_at"),
        Index("ix_petitions_petition_all_closing", "closes_at", "id", "state", "opened_at"),
        Index(
            "ix_petitions_petition_department",
            "lead_department_id",
            "state",
            "signature_count",
            "id",
            "opened_at",
            "closes_at",
            "created_at",
        ),
        *(
            Index(f"ix_petitions_petition_{name}", "signature_count", "id", sqlite_where=few, postgresql_where=few)
            for name, few in _FEW.items()
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(200))
    background: Mapped[str] = mapped_column(Text)
    additional_details: Mapped[str] = mapped_column(Text, default="")
    creator_name: Mapped[str | None] = mapped_column(String(80))
    creator_signature_id: Mapped[int | None] = mapped_column(BigInteger)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))

    imported_count: Mapped[int] = mapped_column(default=0)
    signature_count: Mapped[int] = mapped_column(default=0)
    last_number: Mapped[int] = mapped_column(default=0)
    sponsors_needed: Mapped[int]
    sponsors_most: Mapped[int]
    response_threshold: Mapped[int]
    debate_threshold: Mapped[int]

    created_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    closes_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    rejected_at: Mapped[datetime | None] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    resubmitted_at: Mapped[datetime | None] = mapped_column(Instant)
    response_reached_at: Mapped[datetime | None] = mapped_column(Instant)
    debate_reached_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    #: the newest word on a debate: ``scheduled`` for ``debate_on``, ``outcome`` told, or ``not_held``
    debate_state: Mapped[str | None] = mapped_column(String(12))
    debate_on: Mapped[date | None]
    debate_outcome_at: Mapped[datetime | None] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    #: days its closing was put off because signing was stopped
    extended_days: Mapped[int] = mapped_column(default=0, server_default="0")
    #: when it would close, had no election been announced
    closes_before_election: Mapped[datetime | None] = mapped_column(Instant)
    #: exempt from the erasure of signers, by an administrator with a reason on record
    keep_signers: Mapped[bool] = mapped_column(default=False, server_default=false())
    keep_signers_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    staff_note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    public_note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    public_note_at: Mapped[datetime | None] = mapped_column(Instant)

    text_version: Mapped[int] = mapped_column(default=0)
    text_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    lead_department_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))
    rejection_code: Mapped[str | None] = mapped_column(String(40))
    rejection_details: Mapped[str | None] = mapped_column(Text)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("petitions_petition.id"))

    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))
    source_facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: the random id its form was made with: a second click creates nothing
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)

    @property
    def was_published(self) -> bool:
        return self.opened_at is not None


class TextVersion(Base):
    """The text as the public read it from an instant on; never changed."""

    __tablename__ = "petitions_text_version"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(200))
    background: Mapped[str] = mapped_column(Text)
    additional_details: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant)
    #: why it was corrected, in words for the public; empty for the first
    note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    by_id: Mapped[int | None] = mapped_column(BigInteger)


class JudgedText(Base):
    """A text that was rejected before publication and that its creator then changed. Moderators alone compare."""

    __tablename__ = "petitions_judged_text"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    action: Mapped[str] = mapped_column(String(200))
    background: Mapped[str] = mapped_column(Text)
    additional_details: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Crossing(Base):
    """A threshold was reached, once for each episode. *Served* when its duties and letters exist.

    *Undone* when the count fell clearly below it before anything answered; the next time is a new episode.
    """

    __tablename__ = "petitions_crossing"
    __table_args__ = (
        CheckConstraint("threshold IN ('moderation', 'response', 'debate')", name="threshold"),
        Index("ix_petitions_crossing_unserved", "served_at", "petition_id"),
    )

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    threshold: Mapped[str] = mapped_column(String(16), primary_key=True)
    episode: Mapped[int] = mapped_column(primary_key=True)
    signature_count: Mapped[int]
    reached_at: Mapped[datetime] = mapped_column(Instant)
    served_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class CountryCount(Base):
    """Signatures of one petition from one country: the source's figure, and our validated rows."""

    __tablename__ = "petitions_country_count"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    imported: Mapped[int] = mapped_column(default=0)
    validated: Mapped[int] = mapped_column(default=0)


class AreaCount(Base):
    """Signatures of one petition from one area: the source's figure, and our validated rows.

    The public reads ``seen``, which ``validated`` was when figures were last shown, and that only where it is not
    ``withheld``. Areas of our own have their names elsewhere (``app/areas``); here they have the source's, or none.
    """

    __tablename__ = "petitions_area_count"
    __table_args__ = (
        Index("ix_petitions_area_count_code", "code", "seen"),
        Index("ix_petitions_area_count_moved", "petition_id", sqlite_where=_MOVED, postgresql_where=_MOVED),
    )

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    representative: Mapped[str | None] = mapped_column(String(120))
    imported: Mapped[int] = mapped_column(default=0)
    validated: Mapped[int] = mapped_column(default=0)
    seen: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    withheld: Mapped[bool] = mapped_column(default=False, server_default=false())


class AreaFigures(Base):
    """Of which instant the figures by area are that the public reads of a petition.

    ``placed`` signatures of the home country were counted for an area, of ``unplaced`` ones nobody knows it.
    """

    __tablename__ = "petitions_area_figures"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    placed: Mapped[int]
    unplaced: Mapped[int]


class HourCount(Base):
    """Signatures validated within one hour (its start, UTC): the petition's history."""

    __tablename__ = "petitions_hour_count"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    validated: Mapped[int]


class MinuteCount(Base):
    """Signatures validated within one minute of the last two hours: what trends. A job clears older rows."""

    __tablename__ = "petitions_minute_count"

    minute: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"), primary_key=True)
    validated: Mapped[int]


class Event(Base):
    """Something that happened to a petition and that its page tells, beyond what its own columns say."""

    __tablename__ = "petitions_event"
    __table_args__ = (Index("ix_petitions_event_petition", "petition_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"))
    #: ``taken-down``, ``restored``, ``resubmitted``, ``extended``, ``threshold-undone``, ``answer-withdrawn`` …
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Announcement(Base):
    """News to every signer who asked for it: queued in steps, so that signing never waits for it."""

    __tablename__ = "petitions_announcement"
    __table_args__ = (UniqueConstraint("petition_id", "news", "about_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions_petition.id"))
    news: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: signers up to this row have their letter in the outbox
    reached_id: Mapped[int] = mapped_column(BigInteger, default=0)
    queued: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    #: replaced or called off: what has not left yet stays
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
