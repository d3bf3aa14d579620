"""Files: what people and departments send, one row each; the bytes are elsewhere."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0018_files"
down_revision = "0017_petitions_mine"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "files_file",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('quarantined', 'clean', 'refused')", name="state"),
        sa.CheckConstraint("(state = 'refused') = (reason <> '')", name="reason"),
        sa.CheckConstraint("(state = 'quarantined') = (checked_at IS NULL)", name="checked"),
    )
    op.create_index("ix_files_file_subject", "files_file", ["subject_kind", "subject_id"])
    op.create_index("ix_files_file_digest", "files_file", ["digest"])
    quarantined, removed = sa.text("state = 'quarantined'"), sa.text("removed_at IS NOT NULL")
    op.create_index(
        "ix_files_file_quarantined",
        "files_file",
        ["tried_at", "id"],
        sqlite_where=quarantined,
        postgresql_where=quarantined,
    )
    op.create_index(
        "ix_files_file_removed", "files_file", ["removed_at"], sqlite_where=removed, postgresql_where=removed
    )
