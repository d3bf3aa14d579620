"""Halls, their agenda and people of the staff, and the head of their log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from townhall.rules.lifecycle import Entry, HallState, Part, Video


def one_of(column: str, values: Any) -> str:
    """The SQL of a check that a column holds one of an enumeration's words."""
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


class Hall(Base):
    """A live session between two instants.

    Commands lock its row first (asking and voting share it), the head of its log last. ``revision`` grows with every
    change of what officials write before it; ``sequence`` with every change that a calendar must learn.
    ``taken`` counts confirmed registrations that have a place, ``waiting`` those that have none, exact in every
    committed state.
    """

    __tablename__ = "townhall_hall"
    __table_args__ = (
        CheckConstraint(one_of("state", HallState), name="state"),
        CheckConstraint(one_of("entry", Entry), name="entry"),
        CheckConstraint(one_of("video_kind", Video), name="video"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("state IN ('draft', 'discarded') OR starts_at IS NOT NULL", name="timed"),
        CheckConstraint("state NOT IN ('live', 'ended') OR started_at IS NOT NULL", name="started"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("state <> 'cancelled' OR cancelled_reason <> ''", name="cancelled"),
        CheckConstraint("taken >= 0 AND waiting >= 0 AND slow_seconds >= 0", name="counts"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        Index("ix_townhall_hall_when", "state", "starts_at", "id"),
        Index("ix_townhall_hall_department", "department_id", "state", "starts_at", "id"),
        Index("uq_townhall_hall_code", "code", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int] = mapped_column(default=1)
    #: the random id its form was made with: a second click creates nothing
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))

    title: Mapped[str] = mapped_column(String(200))
    #: one sentence, for lists
    summary: Mapped[str] = mapped_column(String(400), default="")
    #: formatted text
    body: Mapped[str] = mapped_column(Text, default="")
    #: where one can also come in person; empty: online alone
    venue: Mapped[str] = mapped_column(String(300), default="")
    #: what is typed to join: capitals and digits without spaces, unique
    code: Mapped[str | None] = mapped_column(String(12))
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    entry: Mapped[str] = mapped_column(String(12), default=Entry.REGISTERED)
    #: questions wait for a moderator
    screening: Mapped[bool] = mapped_column(default=True)
    anonymous_allowed: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    #: what of access there is, in words; empty: not offered
    captions: Mapped[str] = mapped_column(String(300), default="")
    sign_language: Mapped[str] = mapped_column(String(300), default="")
    access_notes: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(Text, default="")
    video_kind: Mapped[str] = mapped_column(String(6), default=Video.NONE)
    video_url: Mapped[str] = mapped_column(String(500), default="")
    #: of the picture of a sign-language interpreter, where it is a stream of its own
    sign_video_url: Mapped[str] = mapped_column(String(500), default="")
    recording_url: Mapped[str] = mapped_column(String(500), default="")
    #: seconds of the recording at which the hall began
    recording_offset: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))

    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    scheduled_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")
    #: set by the job that does what the end brings: tickets, letters, a draft of minutes
    wound_up_at: Mapped[datetime | None] = mapped_column(Instant)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)

    # as it is live
    #: who has the controls now
    host_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    host_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    stage_id: Mapped[int | None] = mapped_column(BigInteger)
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    slow_seconds: Mapped[int] = mapped_column(default=0)
    hides_reactions: Mapped[bool] = mapped_column(default=False, server_default=false())
    hands_numbered: Mapped[int] = mapped_column(default=0)
    places_numbered: Mapped[int] = mapped_column(default=0)
    captions_numbered: Mapped[int] = mapped_column(default=0)


class LogHead(Base):
    """Both lanes' counters of one hall, locked last before COMMIT: numbers become visible in order and without holes.

    ``epoch`` is another one once the log was restored or cleared: who resumes gets the whole state then.
    """

    __tablename__ = "townhall_log_head"

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(16))
    public_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    staff_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))


class HallStaff(Base):
    """Who of the staff is what in a hall."""

    __tablename__ = "townhall_hall_staff"
    __table_args__ = (CheckConstraint(one_of("part", Part), name="part"),)

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)


class Speaker(Base):
    """Whom the public will hear: a name and what they are; they need no account."""

    __tablename__ = "townhall_speaker"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(String(200), default="")


class HallDepartment(Base):
    """A department that takes part beside the one that leads: questions can be left to it."""

    __tablename__ = "townhall_hall_department"

    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"), primary_key=True, index=True)


class AgendaItem(Base):
    """A part of the hall and how long it is meant to take, in minutes; when it really began and ended."""

    __tablename__ = "townhall_agenda_item"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    minutes: Mapped[int]
    began_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Notice(Base):
    """An announcement: the newest that was not taken away is shown."""

    __tablename__ = "townhall_notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("townhall_hall.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
