"""Figures of closed questions as they were published; full-text search in the list, kept by triggers."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0029_consultation_figures"
down_revision = "0028_petitions_titles"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE = (
    """
    CREATE VIRTUAL TABLE consultations_search USING fts5(
        title, summary, body, content='consultations_consultation', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2", prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER consultations_search_insert AFTER INSERT ON consultations_consultation BEGIN
        INSERT INTO consultations_search (rowid, title, summary, body)
        VALUES (new.id, new.title, new.summary, new.body);
    END
    """,
    """
    CREATE TRIGGER consultations_search_delete AFTER DELETE ON consultations_consultation BEGIN
        INSERT INTO consultations_search (consultations_search, rowid, title, summary, body)
        VALUES ('delete', old.id, old.title, old.summary, old.body);
    END
    """,
    """
    CREATE TRIGGER consultations_search_update
    AFTER UPDATE OF title, summary, body ON consultations_consultation BEGIN
        INSERT INTO consultations_search (consultations_search, rowid, title, summary, body)
        VALUES ('delete', old.id, old.title, old.summary, old.body);
        INSERT INTO consultations_search (rowid, title, summary, body)
        VALUES (new.id, new.title, new.summary, new.body);
    END
    """,
    "INSERT INTO consultations_search (consultations_search) VALUES ('rebuild')",
)
POSTGRES = (
    """
    CREATE TABLE consultations_search (
        consultation_id bigint PRIMARY KEY REFERENCES consultations_consultation (id) ON DELETE CASCADE,
        document tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_consultations_search_document ON consultations_search USING gin (document)",
    """
    CREATE FUNCTION consultations_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO consultations_search (consultation_id, document)
        VALUES (new.id, to_tsvector('english', unaccent(concat_ws(' ', new.title, new.summary, new.body))))
        ON CONFLICT (consultation_id) DO UPDATE SET document = excluded.document;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER consultations_search_keep
    AFTER INSERT OR UPDATE OF title, summary, body ON consultations_consultation
    FOR EACH ROW EXECUTE FUNCTION consultations_search_keep()
    """,
    """
    INSERT INTO consultations_search (consultation_id, document)
    SELECT id, to_tsvector('english', unaccent(concat_ws(' ', title, summary, body))) FROM consultations_consultation
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)
    op.create_table(
        "consultations_figures",
        sa.Column("consultation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("roll_id", BIG_ID, nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("small", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_figures_consultation_id"),
        ),
        sa.ForeignKeyConstraint(["roll_id"], ["consultations_roll.id"], name=op.f("fk_consultations_figures_roll_id")),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_consultations_figures")),
    )
