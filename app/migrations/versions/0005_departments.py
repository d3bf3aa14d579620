"""Departments: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0005_departments"
down_revision = "0004_accounts"


def upgrade() -> None:
    op.create_table(
        "departments_department",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("dissolved_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments_department")),
        sa.UniqueConstraint("slug", name=op.f("uq_departments_department_slug")),
    )
    op.create_table(
        "departments_officer",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_departments_officer_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_departments_officer_department_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_departments_officer")),
    )
    op.create_index(
        op.f("ix_departments_officer_department_id"), "departments_officer", ["department_id"], unique=False
    )
