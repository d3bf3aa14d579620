"""Core: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0001_core"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "core_idempotent_answer",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_idempotent_answer")),
    )
    op.create_index(op.f("ix_core_idempotent_answer_at"), "core_idempotent_answer", ["at"], unique=False)
    op.create_table(
        "core_job_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("last_run_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_job_lease")),
    )
    op.create_table(
        "core_page_version",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_page_version")),
    )
    op.create_table(
        "core_session",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_session")),
    )
    op.create_index(op.f("ix_core_session_ends_at"), "core_session", ["ends_at"], unique=False)
    op.create_index(op.f("ix_core_session_holder_id"), "core_session", ["holder_id"], unique=False)
