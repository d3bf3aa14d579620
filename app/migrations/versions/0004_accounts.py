"""Accounts: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0004_accounts"
down_revision = "0003_audit"


def upgrade() -> None:
    op.create_table(
        "accounts_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "role IN ('citizen', 'moderator', 'official', 'department-officer', 'administrator')",
            name=op.f("ck_accounts_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_account")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_account_email")),
    )
    op.create_table(
        "accounts_password_link",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts_account.id"],
            name=op.f("fk_accounts_password_link_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_password_link")),
    )
    op.create_index(
        op.f("ix_accounts_password_link_account_id"), "accounts_password_link", ["account_id"], unique=False
    )
