"""Receivers, the facts they are told, and what became of each."""

from __future__ import annotations

from datetime import datetime

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.rules.targets import MOST_URL

_WAITING = text("state = 'waiting'")


def _one_of(words: type[DeliveryState] | type[EndpointState]) -> str:
    return f"state IN ({', '.join(repr(str(word)) for word in words)})"


class Endpoint(Base):
    """One receiver. ``types`` empty: every type, those that come later too. ``department_id``: its matters alone.

    ``sealed`` is the secret that signs; ``sealed_before`` signs beside it until ``before_until``.
    ``failures`` counts tries in a row that failed since ``failing_since``; it rests until ``rest_until``.
    """

    __tablename__ = "webhooks_endpoint"
    __table_args__ = (
        CheckConstraint(_one_of(EndpointState), name="state"),
        CheckConstraint("(state = 'off') = (off_at IS NOT NULL)", name="off"),
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing"),
        CheckConstraint("(sealed_before IS NULL) = (before_until IS NULL)", name="before"),
    )

    #: never given twice: seals are bound to it
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(String(MOST_URL), unique=True)
    description: Mapped[str] = mapped_column(String(200))
    types: Mapped[list[str]] = mapped_column(JSON, default=list)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments_department.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_before: Mapped[bytes | None] = mapped_column(LargeBinary)
    before_until: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8), default=EndpointState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    rest_until: Mapped[datetime | None] = mapped_column(Instant)
    off_at: Mapped[datetime | None] = mapped_column(Instant)
    #: what switched it off
    off_why: Mapped[str] = mapped_column(String(8), default="")


class WebhookEvent(Base):
    """A public fact as it is sent, byte for byte. Its number is the message's, the same at each try and replay."""

    __tablename__ = "webhooks_event"
    __table_args__ = (
        Index("ix_webhooks_event_subject", "subject_kind", "subject_id"),
        Index("ix_webhooks_event_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    #: empty once its subject was removed
    body: Mapped[str] = mapped_column(Text)


class WebhookDelivery(Base):
    """One fact for one receiver, written with the fact. ``attempts``: since it was queued or sent again by hand."""

    __tablename__ = "webhooks_delivery"
    __table_args__ = (
        CheckConstraint(_one_of(DeliveryState), name="state"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        UniqueConstraint("endpoint_id", "event_id"),
        Index(
            "ix_webhooks_delivery_due", "endpoint_id", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
        Index("ix_webhooks_delivery_newest", "endpoint_id", "id"),
        Index("ix_webhooks_delivery_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhooks_endpoint.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("webhooks_event.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10))
    queued_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    #: of the last attempt
    fault: Mapped[str] = mapped_column(String(20), default="")


class WebhookAttempt(Base):
    """What one try brought. ``excerpt`` is plain text, at most 500 bytes of the answer."""

    __tablename__ = "webhooks_attempt"
    __table_args__ = (Index("ix_webhooks_attempt_delivery", "delivery_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhooks_delivery.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[int | None]
    milliseconds: Mapped[int]
    fault: Mapped[str] = mapped_column(String(20), default="")
    excerpt: Mapped[str] = mapped_column(String(500), default="")
