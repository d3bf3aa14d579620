"""The outbox and how many letters a mailbox got today."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant

#: how the fault of a letter begins that a server took and gave back later
BOUNCED = "bounced"


class Lane(IntEnum):
    """Who is served first."""

    FIRST = 0  # somebody is waiting: confirmations, sign-in
    NEWS = 1


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up after many tries, or refused for good; staff see it
    DROPPED = "dropped"  # its recipient has gone or no longer wants it
    CANCELLED = "cancelled"


class Letter(Base):
    """One letter to one person. ``recipient_kind`` and ``recipient_id`` name a room's row."""

    __tablename__ = "mail_letter"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'dead', 'dropped', 'cancelled')", name="state"),
        Index(
            "ix_mail_letter_waiting",
            "lane",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_mail_letter_dead", "id", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")
        ),
        Index(
            "ix_mail_letter_batch",
            "batch",
            "id",
            sqlite_where=text("batch IS NOT NULL"),
            postgresql_where=text("batch IS NOT NULL"),
        ),
        Index(
            "uq_mail_letter_once",
            "once",
            unique=True,
            sqlite_where=text("once IS NOT NULL"),
            postgresql_where=text("once IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lane: Mapped[int]
    template: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(12), default="en")
    recipient_kind: Mapped[str] = mapped_column(String(40))
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: letters of one announcement, to be called off together
    batch: Mapped[int | None] = mapped_column(BigInteger)
    #: the same news to the same person is queued once, whatever happens
    once: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12), default=LetterState.WAITING)
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    fault: Mapped[str | None] = mapped_column(String(200))


class MailboxDay(Base):
    """Letters that strangers' forms caused to one mailbox on one day; the mailbox is a keyed digest."""

    __tablename__ = "mail_mailbox_day"

    mailbox: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    letters: Mapped[int]


class Suppression(Base):
    """A mailbox (a keyed digest) that gets no letters, or no news, since its own server or owner said so.

    ``sealed`` holds the address for the staff who may lift it; soft failures only count at first.
    """

    __tablename__ = "mail_suppression"
    __table_args__ = (CheckConstraint("kind IN ('hard', 'soft', 'complaint', 'staff')", name="kind"),)

    mailbox: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(200))
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    #: letters stay away from then on; null while soft failures are still counted, or once it was lifted
    since: Mapped[datetime | None] = mapped_column(Instant)
