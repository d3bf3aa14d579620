"""Letters to everybody who registered for a town hall."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0027_townhall_news"
down_revision = "0026_townhalls"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "townhall_news",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("called_off_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('moved', 'cancelled', 'day-before', 'hour-before')", name=op.f("ck_townhall_news_kind")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_news_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_news")),
        sa.UniqueConstraint("hall_id", "kind", "about", name=op.f("uq_townhall_news_hall_id_kind_about")),
    )
    op.create_index(
        "ix_townhall_news_unfinished",
        "townhall_news",
        ["id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
