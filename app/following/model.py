"""Who follows what, what happened, and how far the digests are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

MOST_KEY = 400


class Follower(Base):
    """Whoever gets digests: an account, or a mailbox under a keyed digest with its address sealed beside it."""

    __tablename__ = "following_follower"
    __table_args__ = (
        CheckConstraint("period IN ('daily', 'weekly')", name="period"),
        CheckConstraint("(mailbox IS NULL) <> (account_id IS NULL)", name="whose"),
        CheckConstraint("(mailbox IS NULL) = (sealed IS NULL)", name="sealed"),
        CheckConstraint("(digest_since IS NULL) = (digest_until IS NULL)", name="digest"),
        Index("ix_following_follower_due", "period", "id"),
    )

    #: never given twice: links in letters are made of it
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mailbox: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"), unique=True)
    period: Mapped[str] = mapped_column(String(6))
    language: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: when its owner first pressed the button; no digest before
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: wants no more letters; what was followed is kept for a while, so that it can be undone
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    #: whatever happened up to then was told, or put into a letter that waits
    told_until: Mapped[datetime | None] = mapped_column(Instant)
    #: what the newest digest that was queued tells of: after the one, up to the other
    digest_since: Mapped[datetime | None] = mapped_column(Instant)
    digest_until: Mapped[datetime | None] = mapped_column(Instant)


class Follow(Base):
    """One follower follows one thing; pending until the letter's button was pressed."""

    __tablename__ = "following_follow"
    __table_args__ = (
        CheckConstraint("wish IN ('daily', 'weekly')", name="wish"),
        UniqueConstraint("follower_id", "kind", "key"),
        Index("ix_following_follow_kind", "kind", "key", "follower_id"),
        Index("ix_following_follow_pending", "confirmed_at", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    follower_id: Mapped[int] = mapped_column(ForeignKey("following_follower.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(MOST_KEY))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    #: letters that were sent to have it confirmed
    letters: Mapped[int] = mapped_column(default=0)
    #: the period that was asked for with it: it counts once the mailbox's owner has confirmed
    wish: Mapped[str | None] = mapped_column(String(6))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Happening(Base):
    """A public fact about a subject, without personal data; forgotten after sixty days."""

    __tablename__ = "following_happening"
    __table_args__ = (Index("ix_following_happening_at", "at", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    code: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    href: Mapped[str] = mapped_column(String(300), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class HappeningTag(Base):
    """What a happening is found by. ``at`` is the happening's own, so that one index answers what is new."""

    __tablename__ = "following_happening_tag"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(MOST_KEY), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    happening_id: Mapped[int] = mapped_column(
        ForeignKey("following_happening.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Issue(Base):
    """All digests of one period that were due at one instant, and how far they are: made in steps."""

    __tablename__ = "following_issue"
    __table_args__ = (
        CheckConstraint("period IN ('daily', 'weekly')", name="period"),
        UniqueConstraint("period", "until"),
        Index("ix_following_issue_done", "done_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    period: Mapped[str] = mapped_column(String(6))
    #: tells of what happened up to then
    until: Mapped[datetime] = mapped_column(Instant)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    #: followed searches up to this one were looked through; null once all were
    searched: Mapped[str | None] = mapped_column(String(MOST_KEY + 41))
    #: followers up to this row have their letter in the outbox
    reached_id: Mapped[int] = mapped_column(BigInteger, default=0)
    queued: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
