"""Petitions: the words of titles in an index of their own; among those of whole texts they took long to tell apart."""

from alembic import op

revision = "0040_petitions_titles"
down_revision = "0025_consultation_life"

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
    # a table and not a column: rows beside the words of whole texts are ten times as far apart
    """
    CREATE TABLE petitions_search_title (
        petition_id bigint PRIMARY KEY REFERENCES petitions_petition (id) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    """
    INSERT INTO petitions_search_title (petition_id, words)
    SELECT id, to_tsvector('english', unaccent(action)) FROM petitions_petition
    """,
    "CREATE INDEX ix_petitions_search_title_words ON petitions_search_title USING gin (words)",
    """
    CREATE FUNCTION petitions_search_title_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO petitions_search_title (petition_id, words)
        VALUES (new.id, to_tsvector('english', unaccent(new.action)))
        ON CONFLICT (petition_id) DO UPDATE SET words = excluded.words;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER petitions_search_title_keep
    AFTER INSERT OR UPDATE OF action ON petitions_petition
    FOR EACH ROW EXECUTE FUNCTION petitions_search_title_keep()
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)
