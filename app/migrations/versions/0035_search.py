"""Search: documents of every room, their words, and marks of what changed, set by triggers in its transaction."""

import sqlalchemy as sa
from alembic import op

from app.core.db import BigId, Instant

revision = "0035_search"
down_revision = "0034_tokens"

#: table: what is marked by a row of it, and which of its columns somebody may find or see
MARKED = {
    "petitions_petition": (
        "'petition:' || {row}.id",
        "state action background additional_details lead_department_id opened_at",
    ),
    "consultations_consultation": (
        "'consultation:' || {row}.id",
        "state title summary body scope department_id opens_at closes_at has_outcome",
    ),
    "townhall_hall": (
        "'townhall:' || {row}.id",
        "state title summary body venue department_id starts_at ends_at",
    ),
    "townhall_question": ("'question:' || {row}.id", "state text department_id answered_at merged_into_id"),
    "comments_comment": ("'comment:' || {row}.id", "state shown_revision thread_id revision"),
    "comments_revision": ("'comment:' || {row}.comment_id", "body"),
    "outcomes_referral": (
        "'answer:' || {row}.id), ({row}.subject_kind || ':' || {row}.subject_id",
        "state department_id answered_at subject_id sandbox",
    ),
    "outcomes_support": (
        "(SELECT subject_kind || ':' || subject_id FROM outcomes_referral WHERE id = {row}.referral_id)",
        "department_id",
    ),
    "outcomes_answer": ("'answer:' || {row}.referral_id", "summary details grade withdrawn_at"),
    "outcomes_commitment": (
        "'commitment:' || {row}.id",
        "text owner progress withdrawn_at due_on department_id subject_id sandbox",
    ),
    "departments_department": ("'department:' || {row}.id", "name dissolved_at"),
}
WORDS = ("search_words_public", "search_words_staff")
SQLITE_WORDS = "CREATE VIRTUAL TABLE {words} USING fts5(tokens, detail=none, tokenize='unicode61 remove_diacritics 0')"
SQLITE_GONE = """
    CREATE TRIGGER search_document_gone AFTER DELETE ON search_document BEGIN
        DELETE FROM search_words_public WHERE rowid = old.id;
        DELETE FROM search_words_staff WHERE rowid = old.id;
    END
    """
POSTGRES_WORDS = (
    """
    CREATE TABLE {words} (
        document_id bigint PRIMARY KEY REFERENCES search_document (id) ON DELETE CASCADE,
        tokens tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_{words}_tokens ON {words} USING gin (tokens)",
)
POSTGRES_MARK = """
    CREATE FUNCTION {table}_mark() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            INSERT INTO search_stale (ref) VALUES ({old});
        ELSE
            INSERT INTO search_stale (ref) VALUES ({new});
        END IF;
        RETURN NULL;
    END $$
    """


def upgrade() -> None:
    _create_tables()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for words in WORDS:
        for statement in (SQLITE_WORDS,) if sqlite else POSTGRES_WORDS:
            op.execute(statement.format(words=words))
    if sqlite:
        op.execute(SQLITE_GONE)
    for table, (ref, columns) in MARKED.items():
        for statement in (_sqlite_marks if sqlite else _postgres_marks)(table, ref, columns.split()):
            op.execute(statement)


def _sqlite_marks(table: str, ref: str, columns: list[str]) -> list[str]:
    changed = " OR ".join(f"new.{c} IS NOT old.{c}" for c in columns)
    doings = {
        "insert": ("AFTER INSERT", "", "new"),
        "update": (f"AFTER UPDATE OF {', '.join(columns)}", f" WHEN {changed}", "new"),
        "delete": ("AFTER DELETE", "", "old"),
    }
    return [
        f"CREATE TRIGGER {table}_search_{name} {when} ON {table}{if_so} BEGIN"
        f" INSERT INTO search_stale (ref) VALUES ({ref.format(row=row)}); END"
        for name, (when, if_so, row) in doings.items()
    ]


def _postgres_marks(table: str, ref: str, columns: list[str]) -> list[str]:
    changed = " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in columns)
    mark = f"FOR EACH ROW{{if_so}} EXECUTE FUNCTION {table}_mark()"
    return [
        POSTGRES_MARK.format(table=table, old=ref.format(row="OLD"), new=ref.format(row="NEW")),
        f"CREATE TRIGGER {table}_search_either AFTER INSERT OR DELETE ON {table} " + mark.format(if_so=""),
        f"CREATE TRIGGER {table}_search_update AFTER UPDATE OF {', '.join(columns)} ON {table} "
        + mark.format(if_so=f" WHEN ({changed})"),
    ]


def _create_tables() -> None:
    op.create_table(
        "search_document",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("owner", sa.String(60), nullable=False),
        sa.Column("above", sa.String(60), nullable=False),
        sa.Column("turns_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_search_document"),
        sa.UniqueConstraint("kind", "subject_id", name="uq_search_document_kind_subject_id"),
    )
    turns = sa.text("turns_at IS NOT NULL")
    op.create_index("ix_search_document_owner", "search_document", ["owner"])
    op.create_index("ix_search_document_above", "search_document", ["above"])
    op.create_index(
        "ix_search_document_turns", "search_document", ["turns_at"], sqlite_where=turns, postgresql_where=turns
    )
    op.create_table(
        "search_text",
        sa.Column("document_id", BigId, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("href", sa.String(200), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("departments", sa.Text(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["search_document.id"], name="fk_search_text_document_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_search_text"),
    )
    op.create_table(
        "search_stale",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ref", sa.String(60), nullable=False),
        sa.Column("child", sa.String(20), server_default=sa.text("''"), nullable=False),
        sa.Column("after", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_stale"),
    )
    op.create_index("ix_search_stale_ref", "search_stale", ["ref"])
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(40), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_search_word"),
    )
    op.create_table(
        "search_word_part",
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("word", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("part", "word", name="pk_search_word_part"),
    )
    op.create_index("ix_search_word_part_word", "search_word_part", ["word"])
    op.create_table(
        "search_round",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("filled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name="pk_search_round"),
    )
