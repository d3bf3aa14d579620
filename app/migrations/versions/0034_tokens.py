"""Tokens of departments' programs, and what those write at answers."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0034_tokens"
down_revision = "0033_webhooks"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tokens_token",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("department_id", BIG_ID, sa.ForeignKey("departments_department.id"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, unique=True),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_why", sa.String(length=12), nullable=True),
        sa.Column("ended_by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.CheckConstraint(
            "ended_why IS NULL OR ended_why IN ('revoked', 'dissolved', 'erased', 'rotated')", name="ended_why"
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        sa.CheckConstraint("expires_at > created_at", name="expires"),
    )
    op.create_index("ix_tokens_token_department", "tokens_token", ["department_id", "id"])
    op.create_index("ix_tokens_token_expires", "tokens_token", ["expires_at", "id"])
    with op.batch_alter_table("outcomes_answer") as answer:
        answer.add_column(sa.Column("token_id", BIG_ID, nullable=True))
        answer.create_foreign_key(op.f("fk_outcomes_answer_token_id"), "tokens_token", ["token_id"], ["id"])
    with op.batch_alter_table("outcomes_answer_draft") as draft:
        draft.alter_column("by_id", existing_type=BIG_ID, nullable=True)
        draft.add_column(sa.Column("token_id", BIG_ID, nullable=True))
        draft.create_foreign_key(op.f("fk_outcomes_answer_draft_token_id"), "tokens_token", ["token_id"], ["id"])
        draft.create_check_constraint(
            op.f("ck_outcomes_answer_draft_writer"), sa.text("(by_id IS NULL) <> (token_id IS NULL)")
        )
