"""Petitions: titles have an index of words of their own; those of whole texts took long to tell them apart."""

from alembic import op

revision = "0028_petitions_titles"
down_revision = "0027_townhall_news"

SQLITE = (
    """
    CREATE VIRTUAL TABLE petitions_search_title USING fts5(
        action, content='petitions_petition', content_rowid='id', tokenize="porter unicode61 remove_diacritics 2"
    )
    """,
    """
    CREATE TRIGGER petitions_search_title_insert AFTER INSERT ON petitions_petition BEGIN
        INSERT INTO petitions_search_title (rowid, action) VALUES (new.id, new.action);
    END
    """,
    """
    CREATE TRIGGER petitions_search_title_delete AFTER DELETE ON petitions_petition BEGIN
        INSERT INTO petitions_search_title (petitions_search_title, rowid, action)
        VALUES ('delete', old.id, old.action);
    END
    """,
    """
    CREATE TRIGGER petitions_search_title_update AFTER UPDATE OF action ON petitions_petition BEGIN
        INSERT INTO petitions_search_title (petitions_search_title, rowid, action)
        VALUES ('delete', old.id, old.action);
        INSERT INTO petitions_search_title (rowid, action) VALUES (new.id, new.action);
    END
    """,
    "INSERT INTO petitions_search_title (petitions_search_title) VALUES ('rebuild')",
)
POSTGRES = (
    # a table and not a column: what is looked for in titles alone is not spread over rows of whole texts
    """
    CREATE TABLE petitions_search_title (
        petition_id bigint PRIMARY KEY REFERENCES petitions_petition (id) ON DELETE CASCADE,
        title text NOT NULL,
        words tsvector NOT NULL
    )
    """,
    """
    INSERT INTO petitions_search_title (petition_id, title, words)
    SELECT petition_id, title, to_tsvector('english', title) FROM petitions_search ORDER BY petition_id
    """,
    "CREATE INDEX ix_petitions_search_title_words ON petitions_search_title USING gin (words)",
    "CREATE INDEX ix_petitions_search_title_trigrams ON petitions_search_title USING gin (title gin_trgm_ops)",
    # who has a common word is read from every page of the other one: without titles, weights and places of words it
    # has a third fewer of them. Written anew, because an UPDATE would leave it twice as large
    """
    CREATE TEMPORARY TABLE petitions_search_slim ON COMMIT DROP AS
    SELECT petition_id, strip(document) AS document FROM petitions_search
    """,
    "DROP INDEX ix_petitions_search_document",
    "TRUNCATE petitions_search",
    "ALTER TABLE petitions_search DROP COLUMN title",
    """
    INSERT INTO petitions_search (petition_id, document)
    SELECT petition_id, document FROM petitions_search_slim ORDER BY petition_id
    """,
    "CREATE INDEX ix_petitions_search_document ON petitions_search USING gin (document)",
    """
    CREATE OR REPLACE FUNCTION petitions_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        title text := lower(unaccent(new.action));
        prose text := unaccent(concat_ws(E'\n', new.background, new.additional_details));
    BEGIN
        INSERT INTO petitions_search_title (petition_id, title, words)
        VALUES (new.id, title, to_tsvector('english', title))
        ON CONFLICT (petition_id) DO UPDATE SET title = excluded.title, words = excluded.words;
        INSERT INTO petitions_search (petition_id, document)
        VALUES (new.id, strip(to_tsvector('english', title) || to_tsvector('english', prose)))
        ON CONFLICT (petition_id) DO UPDATE SET document = excluded.document;
        RETURN NULL;
    END $$
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)
