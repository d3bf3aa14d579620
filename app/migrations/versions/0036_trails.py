"""Trails: what led to what. Comments: where those come from that were imported."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0036_trails"
down_revision = "0035_search"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS, UNTOLD = sa.text("withdrawn_at IS NULL"), sa.text("withdrawn_at IS NULL AND told_at IS NULL")


def upgrade() -> None:
    """Links between subjects, of which each pair has one that stands; imported comments, known by their source."""
    _add_links()
    _add_sources()


def _add_sources() -> None:
    op.add_column("comments_comment", sa.Column("source", sa.String(40), nullable=True))
    op.add_column("comments_comment", sa.Column("source_id", sa.String(80), nullable=True))
    op.add_column("comments_comment", sa.Column("source_name", sa.String(120), nullable=True))
    imported = sa.text("source IS NOT NULL")
    op.create_index(
        "uq_comments_comment_source",
        "comments_comment",
        ["source", "source_id"],
        unique=True,
        sqlite_where=imported,
        postgresql_where=imported,
    )


def _add_links() -> None:
    op.create_table(
        "trails_link",
        sa.Column("id", BIG, nullable=False),
        sa.Column("from_kind", sa.String(40), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_kind", sa.String(40), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("withdrawn_by_id", BIG, nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(500), nullable=False),
        sa.CheckConstraint("from_kind <> to_kind OR from_id <> to_id", name=op.f("ck_trails_link_itself")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("ck_trails_link_reason")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name=op.f("ck_trails_link_withdrawn")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_trails_link_by_id")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["accounts_account.id"], name=op.f("fk_trails_link_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trails_link")),
    )
    pair = ["from_kind", "from_id", "to_kind", "to_id"]
    op.create_index(
        "uq_trails_link_pair", "trails_link", pair, unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )
    op.create_index("ix_trails_link_to", "trails_link", ["to_kind", "to_id"])
    op.create_index("ix_trails_link_untold", "trails_link", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)
