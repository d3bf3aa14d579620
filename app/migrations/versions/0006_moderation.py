"""Moderation: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0006_moderation"
down_revision = "0005_departments"


def upgrade() -> None:
    op.create_table(
        "moderation_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'decided', 'closed')", name=op.f("ck_moderation_case_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_case")),
    )
    op.create_index("ix_moderation_case_queue", "moderation_case", ["state", "opened_at"], unique=False)
    op.create_index("ix_moderation_case_subject", "moderation_case", ["subject_kind", "subject_id"], unique=False)
    op.create_index(
        "uq_moderation_case_waiting",
        "moderation_case",
        ["subject_kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "moderation_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("standards_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.String(length=500), nullable=False),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("code", "standards_version", name=op.f("pk_moderation_reason")),
    )
    op.create_table(
        "moderation_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_revision_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_revision")),
    )
    op.create_index(op.f("ix_moderation_revision_case_id"), "moderation_revision", ["case_id"], unique=False)
    op.create_table(
        "moderation_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("standards_version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("(verdict = 'publish') = (reason_code IS NULL)", name=op.f("ck_moderation_decision_reason")),
        sa.CheckConstraint("verdict IN ('publish', 'reject', 'hide')", name=op.f("ck_moderation_decision_verdict")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_moderation_decision_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_decision_case_id")),
        sa.ForeignKeyConstraint(
            ["reason_code", "standards_version"],
            ["moderation_reason.code", "moderation_reason.standards_version"],
            name=op.f("fk_moderation_decision_reason_code_standards_version"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["moderation_revision.id"], name=op.f("fk_moderation_decision_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_decision")),
        sa.UniqueConstraint("revision_id", name=op.f("uq_moderation_decision_revision_id")),
    )
    op.create_index(op.f("ix_moderation_decision_case_id"), "moderation_decision", ["case_id"], unique=False)
