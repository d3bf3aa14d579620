"""Webhooks: receivers, what they are told, and what became of it; when a consultation was said to have opened."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0033_webhooks"
down_revision = "0032_performance"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    _receivers()
    _messages()
    op.add_column("consultations_consultation", sa.Column("opened_at", Instant(), nullable=True))
    op.execute(
        "UPDATE consultations_consultation SET opened_at = opens_at"
        " WHERE state = 'published' AND opens_at <= CURRENT_TIMESTAMP"
    )


def _receivers() -> None:
    op.create_table(
        "webhooks_endpoint",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("department_id", BIG_ID, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until", Instant(), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("rest_until", Instant(), nullable=True),
        sa.Column("off_at", Instant(), nullable=True),
        sa.Column("off_why", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks_endpoint")),
        sa.UniqueConstraint("url", name=op.f("uq_webhooks_endpoint_url")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_webhooks_endpoint_department_id")
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'off')", name=op.f("ck_webhooks_endpoint_state")),
        sa.CheckConstraint("(state = 'off') = (off_at IS NOT NULL)", name=op.f("ck_webhooks_endpoint_off")),
        sa.CheckConstraint("(failures = 0) = (failing_since IS NULL)", name=op.f("ck_webhooks_endpoint_failing")),
        sa.CheckConstraint("(sealed_before IS NULL) = (before_until IS NULL)", name=op.f("ck_webhooks_endpoint_before")),
    )


def _messages() -> None:
    op.create_table(
        "webhooks_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(60), nullable=False),
        sa.Column("subject_kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks_event")),
    )
    op.create_index("ix_webhooks_event_subject", "webhooks_event", ["subject_kind", "subject_id"])
    op.create_index("ix_webhooks_event_at", "webhooks_event", ["at"])
    op.create_table(
        "webhooks_delivery",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("fault", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks_delivery")),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhooks_delivery_endpoint_id_event_id")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhooks_endpoint.id"],
            ondelete="CASCADE",
            name=op.f("fk_webhooks_delivery_endpoint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhooks_event.id"], ondelete="CASCADE", name=op.f("fk_webhooks_delivery_event_id")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'failed', 'dropped')", name=op.f("ck_webhooks_delivery_state")
        ),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_webhooks_delivery_settled")),
    )
    op.create_index(
        "ix_webhooks_delivery_due",
        "webhooks_delivery",
        ["endpoint_id", "due_at", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_webhooks_delivery_newest", "webhooks_delivery", ["endpoint_id", "id"])
    op.create_index("ix_webhooks_delivery_event", "webhooks_delivery", ["event_id"])
    op.create_table(
        "webhooks_attempt",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(20), nullable=False),
        sa.Column("excerpt", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks_attempt")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhooks_delivery.id"],
            ondelete="CASCADE",
            name=op.f("fk_webhooks_attempt_delivery_id"),
        ),
    )
    op.create_index("ix_webhooks_attempt_delivery", "webhooks_attempt", ["delivery_id", "id"])
