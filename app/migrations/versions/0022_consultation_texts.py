"""Draft texts by clauses: versions, where clauses came from, dispositions; comments on an exact quote."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0022_consultation_texts"
down_revision = "0021_consultations"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consultations_text",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("comments", sa.String(length=6), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("working", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("comments IN ('off', 'before', 'after')", name=op.f("ck_consultations_text_comments")),
        sa.CheckConstraint("version >= 0 AND revision >= 1", name=op.f("ck_consultations_text_numbers")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_text_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_text")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_consultations_text_consultation_id_number")),
    )
    op.create_table(
        "consultations_text_answers",
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_text_answers_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_text_answers_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("consultation_id", "number", name=op.f("pk_consultations_text_answers")),
    )
    op.create_table(
        "consultations_clause",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("text_id", BIG_ID, nullable=False),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer(), nullable=True),
        sa.Column("merged_into_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "removed_in IS NULL OR removed_in > first_version", name=op.f("ck_consultations_clause_removed")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["consultations_clause.id"], name=op.f("fk_consultations_clause_merged_into_id")
        ),
        sa.ForeignKeyConstraint(["text_id"], ["consultations_text.id"], name=op.f("fk_consultations_clause_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_clause")),
    )
    op.create_index("ix_consultations_clause_of", "consultations_clause", ["text_id", "id"], unique=False)
    op.create_table(
        "consultations_text_version",
        sa.Column("text_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_text_version_by_id")),
        sa.ForeignKeyConstraint(
            ["text_id"], ["consultations_text.id"], name=op.f("fk_consultations_text_version_text_id")
        ),
        sa.PrimaryKeyConstraint("text_id", "number", name=op.f("pk_consultations_text_version")),
    )
    op.create_table(
        "consultations_clause_source",
        sa.Column("clause_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["consultations_clause.id"], name=op.f("fk_consultations_clause_source_clause_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["consultations_clause.id"], name=op.f("fk_consultations_clause_source_source_id")
        ),
        sa.PrimaryKeyConstraint("clause_id", "version", "source_id", name=op.f("pk_consultations_clause_source")),
    )
    op.create_index(
        op.f("ix_consultations_clause_source_source_id"), "consultations_clause_source", ["source_id"], unique=False
    )
    op.create_table(
        "consultations_clause_version",
        sa.Column("clause_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_id", BIG_ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["consultations_clause.id"], name=op.f("fk_consultations_clause_version_clause_id")
        ),
        sa.ForeignKeyConstraint(
            ["text_id"], ["consultations_text.id"], name=op.f("fk_consultations_clause_version_text_id")
        ),
        sa.PrimaryKeyConstraint("clause_id", "version", name=op.f("pk_consultations_clause_version")),
        sa.UniqueConstraint(
            "text_id", "version", "place", name=op.f("uq_consultations_clause_version_text_id_version_place")
        ),
    )
    op.create_table(
        "consultations_disposition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("clause_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_consultations_disposition_reason")),
        sa.CheckConstraint(
            "verdict IN ('accepted', 'partly', 'not')", name=op.f("ck_consultations_disposition_verdict")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_disposition_by_id")),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["consultations_clause.id"], name=op.f("fk_consultations_disposition_clause_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_disposition_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_disposition")),
        sa.UniqueConstraint("clause_id", "version", name=op.f("uq_consultations_disposition_clause_id_version")),
    )
    op.create_index(
        "ix_consultations_disposition_of", "consultations_disposition", ["consultation_id", "id"], unique=False
    )
    op.add_column("comments_comment", sa.Column("quote", sa.Text(), nullable=True))
    op.add_column("comments_comment", sa.Column("about_version", sa.Integer(), nullable=True))
