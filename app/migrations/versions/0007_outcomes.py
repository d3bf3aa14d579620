"""Outcomes: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0007_outcomes"
down_revision = "0006_moderation"


def upgrade() -> None:
    op.create_table(
        "outcomes_referral",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL)", name=op.f("ck_outcomes_referral_answered")
        ),
        sa.CheckConstraint("state IN ('received', 'answered', 'closed')", name=op.f("ck_outcomes_referral_state")),
        sa.CheckConstraint("department_id IS NOT NULL OR imported", name=op.f("ck_outcomes_referral_department")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_outcomes_referral_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes_referral")),
        sa.UniqueConstraint(
            "subject_kind",
            "subject_id",
            "cause",
            "episode",
            name=op.f("uq_outcomes_referral_subject_kind_subject_id_cause_episode"),
        ),
    )
    op.create_index(
        "ix_outcomes_referral_desk", "outcomes_referral", ["department_id", "state", "due_at"], unique=False
    )
    op.create_index("ix_outcomes_referral_newest", "outcomes_referral", ["answered_at"], unique=False)
    op.create_table(
        "outcomes_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("referral_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_outcomes_answer_by_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["outcomes_referral.id"], name=op.f("fk_outcomes_answer_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes_answer")),
        sa.UniqueConstraint("referral_id", "version", name=op.f("uq_outcomes_answer_referral_id_version")),
    )
