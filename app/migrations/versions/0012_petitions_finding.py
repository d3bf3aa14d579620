"""Petitions: indexes for the orders of the list, and trigrams of titles, by which misspelt words are found."""

import sqlalchemy as sa
from alembic import op

revision = "0012_petitions_finding"
down_revision = "0011_petitions_complete"

SQLITE = (
    """
    CREATE VIRTUAL TABLE petitions_search_trigram USING fts5(
        action, content='petitions_petition', content_rowid='id', tokenize="trigram", detail='none'
    )
    """,
    """
    CREATE TRIGGER petitions_search_trigram_insert AFTER INSERT ON petitions_petition BEGIN
        INSERT INTO petitions_search_trigram (rowid, action) VALUES (new.id, new.action);
    END
    """,
    """
    CREATE TRIGGER petitions_search_trigram_delete AFTER DELETE ON petitions_petition BEGIN
        INSERT INTO petitions_search_trigram (petitions_search_trigram, rowid, action)
        VALUES ('delete', old.id, old.action);
    END
    """,
    """
    CREATE TRIGGER petitions_search_trigram_update AFTER UPDATE OF action ON petitions_petition BEGIN
        INSERT INTO petitions_search_trigram (petitions_search_trigram, rowid, action)
        VALUES ('delete', old.id, old.action);
        INSERT INTO petitions_search_trigram (rowid, action) VALUES (new.id, new.action);
    END
    """,
    "INSERT INTO petitions_search_trigram (petitions_search_trigram) VALUES ('rebuild')",
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "ALTER TABLE petitions_search ADD COLUMN title text",
    """
    UPDATE petitions_search SET title = lower(unaccent(action))
    FROM petitions_petition WHERE petitions_petition.id = petition_id
    """,
    "ALTER TABLE petitions_search ALTER COLUMN title SET NOT NULL",
    "CREATE INDEX ix_petitions_search_title ON petitions_search USING gin (title gin_trgm_ops)",
    """
    CREATE OR REPLACE FUNCTION petitions_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO petitions_search (petition_id, title, document)
        VALUES (
            new.id,
            lower(unaccent(new.action)),
            setweight(to_tsvector('english', unaccent(new.action)), 'A')
            || setweight(to_tsvector('english', unaccent(new.background)), 'B')
            || setweight(to_tsvector('english', unaccent(new.additional_details)), 'C')
        )
        ON CONFLICT (petition_id) DO UPDATE SET title = excluded.title, document = excluded.document;
        RETURN NULL;
    END $$
    """,
)
#: name, columns, and what a row must have to be in it
INDEXES = (
    ("closing", ["state", "closes_at", "id", "source"], ""),
    ("all_popular", ["signature_count", "id", "state", "opened_at"], ""),
    ("all_recent", ["created_at", "id", "state", "opened_at"], ""),
    ("all_closing", ["closes_at", "id", "state", "opened_at"], ""),
    (
        "department",
        ["lead_department_id", "state", "signature_count", "id", "opened_at", "closes_at", "created_at"],
        "",
    ),
    ("response", ["signature_count", "id"], "response_reached_at IS NOT NULL"),
    ("answered", ["signature_count", "id"], "answered_at IS NOT NULL"),
    ("debate", ["signature_count", "id"], "debate_reached_at IS NOT NULL"),
    ("debated", ["signature_count", "id"], "debate_state IS NOT NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_petitions_petition_closing", "petitions_petition")
    for name, columns, has in INDEXES:
        where = {"sqlite_where": sa.text(has), "postgresql_where": sa.text(has)} if has else {}
        op.create_index(f"ix_petitions_petition_{name}", "petitions_petition", columns, **where)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)
