"""Figures of closed questions as they were published."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0050_consultation_figures"
down_revision = "0025_consultation_life"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consultations_figures",
        sa.Column("consultation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("roll_id", BIG_ID, nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("small", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_figures_consultation_id"),
        ),
        sa.ForeignKeyConstraint(["roll_id"], ["consultations_roll.id"], name=op.f("fk_consultations_figures_roll_id")),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_consultations_figures")),
    )
