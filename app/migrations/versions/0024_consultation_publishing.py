"""Publishing: redactions, published responses, what was said and done, rolls of digests, sheets of paper."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0024_consultation_publishing"
down_revision = "0023_consultation_reading"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consultations_feedback",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("released_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("version = 1 OR note <> ''", name=op.f("ck_consultations_feedback_note")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_feedback_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_feedback_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_feedback_released_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_feedback")),
        sa.UniqueConstraint(
            "consultation_id", "version", name=op.f("uq_consultations_feedback_consultation_id_version")
        ),
    )
    op.create_table(
        "consultations_feedback_draft",
        sa.Column("consultation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("after_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("waits_since", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_feedback_draft_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_feedback_draft_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_consultations_feedback_draft")),
    )
    op.create_table(
        "consultations_finding_answer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_consultations_finding_answer_text")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_answer_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_finding_answer_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_finding_answer")),
        sa.UniqueConstraint(
            "consultation_id",
            "finding_id",
            "version",
            name=op.f("uq_consultations_finding_answer_version"),
        ),
    )
    op.create_table(
        "consultations_published_batch",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_published_batch_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_published_batch_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_published_batch_undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_published_batch")),
    )
    op.create_index(
        "ix_consultations_published_batch_of", "consultations_published_batch", ["consultation_id", "id"], unique=False
    )
    op.create_table(
        "consultations_roll",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_roll_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_roll")),
        sa.UniqueConstraint("consultation_id", "version", name=op.f("uq_consultations_roll_consultation_id_version")),
    )
    op.create_table(
        "consultations_sheet",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('reading', 'done')", name=op.f("ck_consultations_sheet_state")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_sheet_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_sheet_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_sheet")),
    )
    op.create_index("ix_consultations_sheet_of", "consultations_sheet", ["consultation_id", "id"], unique=False)
    op.create_index("ix_consultations_sheet_state", "consultations_sheet", ["state", "id"], unique=False)
    op.create_table(
        "consultations_outcome",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("answer_id", BIG_ID, nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["outcomes_answer.id"], name=op.f("fk_consultations_outcome_answer_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_outcome_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_outcome")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_consultations_outcome_answer_id")),
    )
    op.create_index("ix_consultations_outcome_of", "consultations_outcome", ["consultation_id", "id"], unique=False)
    op.create_table(
        "consultations_published_response",
        sa.Column("response_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("batch_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("consent", sa.String(length=10), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "consent IN ('named', 'anonymous')", name=op.f("ck_consultations_published_response_consent")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR answers = '{}'", name=op.f("ck_consultations_published_response_ended")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["consultations_published_batch.id"],
            name=op.f("fk_consultations_published_response_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_published_response_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_published_response_response_id")
        ),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_consultations_published_response")),
        sa.UniqueConstraint(
            "consultation_id", "number", name=op.f("uq_consultations_published_response_consultation_id_number")
        ),
    )
    op.create_index(
        "ix_consultations_published_response_batch", "consultations_published_response", ["batch_id"], unique=False
    )
    op.create_table(
        "consultations_redaction",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "reason IN ('signature', 'personal', 'others', 'unlawful', 'offensive')",
            name=op.f("ck_consultations_redaction_reason"),
        ),
        sa.CheckConstraint('start >= 0 AND "end" > start', name=op.f("ck_consultations_redaction_passage")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_redaction_by_id")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_redaction_response_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_redaction_undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_redaction")),
    )
    op.create_index(
        "ix_consultations_redaction_of", "consultations_redaction", ["response_id", "version", "id"], unique=False
    )
    op.create_table(
        "consultations_sheet_row",
        sa.Column("sheet_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("response_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'stored', 'already', 'wrong')", name=op.f("ck_consultations_sheet_row_state")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_sheet_row_response_id")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["consultations_sheet.id"], name=op.f("fk_consultations_sheet_row_sheet_id")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "number", name=op.f("pk_consultations_sheet_row")),
    )
    op.create_index("ix_consultations_sheet_row_response", "consultations_sheet_row", ["response_id"], unique=False)
    op.create_index(
        "ix_consultations_sheet_row_state", "consultations_sheet_row", ["sheet_id", "state", "number"], unique=False
    )
    op.add_column("consultations_draft", sa.Column("notify", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("consultations_response", sa.Column("approved_version", sa.Integer(), nullable=True))
