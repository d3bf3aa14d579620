"""Reading: codes, notes, findings, letters that are nearly alike; and the words of answers, to be searched."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0023_consultation_reading"
down_revision = "0022_consultation_texts"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: words are folded before they come here, so nothing has to know their language; ``marks`` say whose they are
SQLITE = (
    """
    CREATE VIRTUAL TABLE consultations_words USING fts5(
        words, marks, tokenize="unicode61 remove_diacritics 0", detail='column'
    )
    """,
)
POSTGRES = (
    """
    CREATE TABLE consultations_words (
        response_id bigint PRIMARY KEY REFERENCES consultations_response (id) ON DELETE CASCADE,
        document tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_consultations_words_document ON consultations_words USING gin (document)",
)
#: which version of a response its words are of
BOTH = ("CREATE TABLE consultations_words_of (response_id bigint PRIMARY KEY, version integer NOT NULL)",)


def upgrade() -> None:
    op.create_table(
        "consultations_code",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("retired_by_id", BIG_ID, nullable=True),
        sa.Column("merged_into_id", BIG_ID, nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_consultations_code_name")),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR retired_at IS NOT NULL", name=op.f("ck_consultations_code_merged")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_code_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_code_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["consultations_code.id"], name=op.f("fk_consultations_code_merged_into_id")
        ),
        sa.ForeignKeyConstraint(
            ["retired_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_code_retired_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_code")),
        sa.UniqueConstraint("consultation_id", "slug", name=op.f("uq_consultations_code_consultation_id_slug")),
    )
    op.create_table(
        "consultations_finding",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by_id", BIG_ID, nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("removed_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("title <> ''", name=op.f("ck_consultations_finding_title")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_by_id")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_finding_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_removed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_finding")),
    )
    op.create_index(
        "ix_consultations_finding_of", "consultations_finding", ["consultation_id", "place", "id"], unique=False
    )
    op.create_table(
        "consultations_likeness_run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'reading', 'done')", name=op.f("ck_consultations_likeness_run_state")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_likeness_run_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_likeness_run_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_likeness_run")),
    )
    op.create_index(
        "ix_consultations_likeness_run_of",
        "consultations_likeness_run",
        ["consultation_id", "question", "id"],
        unique=False,
    )
    op.create_index("ix_consultations_likeness_run_state", "consultations_likeness_run", ["state", "id"], unique=False)
    op.create_table(
        "consultations_finding_code",
        sa.Column("finding_id", BIG_ID, nullable=False),
        sa.Column("code_id", BIG_ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_code_by_id")),
        sa.ForeignKeyConstraint(
            ["code_id"], ["consultations_code.id"], name=op.f("fk_consultations_finding_code_code_id")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["consultations_finding.id"], name=op.f("fk_consultations_finding_code_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", "code_id", name=op.f("pk_consultations_finding_code")),
    )
    op.create_index(
        op.f("ix_consultations_finding_code_code_id"), "consultations_finding_code", ["code_id"], unique=False
    )
    op.create_table(
        "consultations_group",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "state = 'suggested' OR decided_by_id IS NOT NULL", name=op.f("ck_consultations_group_decided")
        ),
        sa.CheckConstraint(
            "state IN ('suggested', 'confirmed', 'dissolved')", name=op.f("ck_consultations_group_state")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_group_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_group_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consultations_likeness_run.id"], name=op.f("fk_consultations_group_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_group")),
    )
    op.create_index(
        "ix_consultations_group_of", "consultations_group", ["consultation_id", "question", "state", "id"], unique=False
    )
    op.create_index(op.f("ix_consultations_group_run_id"), "consultations_group", ["run_id"], unique=False)
    op.create_table(
        "consultations_coding",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("code_id", BIG_ID, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("removed_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            '(start = 0 AND "end" = 0) OR (start >= 0 AND "end" > start)', name=op.f("ck_consultations_coding_passage")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_coding_by_id")),
        sa.ForeignKeyConstraint(["code_id"], ["consultations_code.id"], name=op.f("fk_consultations_coding_code_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_coding_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_coding_removed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_coding_response_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_coding")),
    )
    op.create_index("ix_consultations_coding_code", "consultations_coding", ["code_id", "response_id"], unique=False)
    op.create_index("ix_consultations_coding_group", "consultations_coding", ["group_id"], unique=False)
    op.create_index(
        "ix_consultations_coding_of",
        "consultations_coding",
        ["consultation_id", "question", "response_id"],
        unique=False,
    )
    op.create_index(
        "uq_consultations_coding_once",
        "consultations_coding",
        ["response_id", "question", "code_id", "version", "start", "end"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "consultations_group_member",
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("own", sa.String(length=8), nullable=False),
        sa.Column("apart", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("judged_at", Instant(), nullable=True),
        sa.Column("judged_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "own IN ('nothing', 'added', 'changed', 'opposite')", name=op.f("ck_consultations_group_member_own")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["consultations_group.id"], name=op.f("fk_consultations_group_member_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["judged_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_group_member_judged_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_group_member_response_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "response_id", name=op.f("pk_consultations_group_member")),
    )
    op.create_index(
        "ix_consultations_group_member_own",
        "consultations_group_member",
        ["group_id", "own", "response_id"],
        unique=False,
    )
    op.create_index(
        "ix_consultations_group_member_response", "consultations_group_member", ["response_id"], unique=False
    )
    op.create_table(
        "consultations_response_note",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("removed_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_consultations_response_note_text")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_note_by_id")),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_note_removed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_response_note_response_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_response_note")),
    )
    op.create_index(
        "ix_consultations_response_note_of", "consultations_response_note", ["response_id", "id"], unique=False
    )
    op.create_table(
        "consultations_finding_passage",
        sa.Column("finding_id", BIG_ID, nullable=False),
        sa.Column("coding_id", BIG_ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_finding_passage_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["coding_id"], ["consultations_coding.id"], name=op.f("fk_consultations_finding_passage_coding_id")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["consultations_finding.id"], name=op.f("fk_consultations_finding_passage_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", "coding_id", name=op.f("pk_consultations_finding_passage")),
    )
    op.create_index(
        op.f("ix_consultations_finding_passage_coding_id"), "consultations_finding_passage", ["coding_id"], unique=False
    )
    op.add_column("consultations_response", sa.Column("read_version", sa.Integer(), nullable=True))
    op.add_column("consultations_response", sa.Column("marked_at", Instant(), nullable=True))
    op.create_index(
        "ix_consultations_response_marked",
        "consultations_response",
        ["consultation_id", "marked_at", "id"],
        unique=False,
        sqlite_where=sa.text("marked_at IS NOT NULL"),
        postgresql_where=sa.text("marked_at IS NOT NULL"),
    )
    for statement in (SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES) + BOTH:
        op.execute(statement)
