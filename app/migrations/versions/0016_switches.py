"""Switches for the whole site, key generations, notices to everyone, and how far a change of the secret has come."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0016_switches"
down_revision = "0015_comments"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "core_switch",
        sa.Column("name", sa.String(length=20), primary_key=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("name IN ('read-only', 'comments-stopped', 'sign-up-stopped')", name="name"),
    )
    op.create_table(
        "core_key_generation",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "operation_banner",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_down_at", Instant(), nullable=True),
        sa.Column("told_of_start", sa.Boolean(), nullable=False),
        sa.Column("told_of_end", sa.Boolean(), nullable=False),
        sa.CheckConstraint("level IN ('information', 'important', 'urgent')", name="level"),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="order"),
    )
    op.create_table(
        "operation_rekeying",
        sa.Column("name", sa.String(length=40), primary_key=True),
        sa.Column("secrets", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
    )
