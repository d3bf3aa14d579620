"""Accounts complete: second factor, recovery codes, devices, mailed links, drafts, attempts; fresh sessions."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0013_accounts"
down_revision = "0012_petitions_finding"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _email_may_be_gone()
    for column in (
        sa.Column("name_withheld", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("email_confirmed_at", Instant(), nullable=True),
        sa.Column("approved_texts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("factor_at", Instant(), nullable=True),
        sa.Column("last_sign_in_at", Instant(), nullable=True),
        sa.Column("letters", sa.JSON(), nullable=True),
        sa.Column("erased_at", Instant(), nullable=True),
    ):
        op.add_column("accounts_account", column)
    _sessions()
    _codes_and_devices()
    _links_and_drafts()
    op.create_table(
        "accounts_attempts",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("wait_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_attempts")),
    )
    op.create_index("ix_accounts_attempts_last_at", "accounts_attempts", ["last_at"])


def _email_may_be_gone() -> None:
    """SQLite cannot drop a NOT NULL, and making the table anew would cascade into what refers to it."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("accounts_account", "email", existing_type=sa.String(length=254), nullable=True)
        return
    version = op.get_bind().exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute("PRAGMA writable_schema=ON")
    op.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'email VARCHAR(254) NOT NULL', 'email VARCHAR(254)')"
        " WHERE type = 'table' AND name = 'accounts_account'"
    )
    op.execute(f"PRAGMA schema_version={version + 1}")
    op.execute("PRAGMA writable_schema=OFF")


def _sessions() -> None:
    """Those who are signed in sign in again: nobody knows whether they gave a second factor."""
    op.execute("DELETE FROM core_session")
    for column in (
        sa.Column("fresh_at", Instant(), nullable=True),
        sa.Column("strong", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("device", sa.LargeBinary(length=32), nullable=True),
        sa.Column("network", sa.LargeBinary(length=32), nullable=True),
        sa.Column("label", sa.String(length=80), nullable=False, server_default=sa.text("''")),
    ):
        op.add_column("core_session", column)


def _codes_and_devices() -> None:
    op.create_table(
        "accounts_recovery_code",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        _of_an_account("accounts_recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_recovery_code")),
    )
    op.create_index(op.f("ix_accounts_recovery_code_account_id"), "accounts_recovery_code", ["account_id"])
    op.create_table(
        "accounts_device",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        _of_an_account("accounts_device"),
        sa.PrimaryKeyConstraint("id", "account_id", name=op.f("pk_accounts_device")),
    )
    op.create_index(op.f("ix_accounts_device_account_id"), "accounts_device", ["account_id"])
    op.create_index(op.f("ix_accounts_device_last_at"), "accounts_device", ["last_at"])


def _links_and_drafts() -> None:
    op.create_table(
        "accounts_mailed_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("mailbox", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        _of_an_account("accounts_mailed_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_mailed_link")),
    )
    op.create_index(op.f("ix_accounts_mailed_link_account_id"), "accounts_mailed_link", ["account_id"])
    op.create_index(op.f("ix_accounts_mailed_link_mailbox"), "accounts_mailed_link", ["mailbox"])
    op.create_index(op.f("ix_accounts_mailed_link_ends_at"), "accounts_mailed_link", ["ends_at"])
    op.create_table(
        "accounts_draft",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_draft")),
    )
    op.create_index(op.f("ix_accounts_draft_ends_at"), "accounts_draft", ["ends_at"])


def _of_an_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["accounts_account.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
    )
