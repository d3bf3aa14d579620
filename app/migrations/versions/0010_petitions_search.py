"""Petitions: full-text search, kept by triggers, so that nothing can forget to."""

from alembic import op

revision = "0010_petitions_search"
down_revision = "0009_moderation_standards"

SQLITE = (
    """
    CREATE VIRTUAL TABLE petitions_search USING fts5(
        action, background, additional_details, content='petitions_petition', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2", prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER petitions_search_insert AFTER INSERT ON petitions_petition BEGIN
        INSERT INTO petitions_search (rowid, action, background, additional_details)
        VALUES (new.id, new.action, new.background, new.additional_details);
    END
    """,
    """
    CREATE TRIGGER petitions_search_delete AFTER DELETE ON petitions_petition BEGIN
        INSERT INTO petitions_search (petitions_search, rowid, action, background, additional_details)
        VALUES ('delete', old.id, old.action, old.background, old.additional_details);
    END
    """,
    """
    CREATE TRIGGER petitions_search_update
    AFTER UPDATE OF action, background, additional_details ON petitions_petition BEGIN
        INSERT INTO petitions_search (petitions_search, rowid, action, background, additional_details)
        VALUES ('delete', old.id, old.action, old.background, old.additional_details);
        INSERT INTO petitions_search (rowid, action, background, additional_details)
        VALUES (new.id, new.action, new.background, new.additional_details);
    END
    """,
)
POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    """
    CREATE TABLE petitions_search (
        petition_id bigint PRIMARY KEY REFERENCES petitions_petition (id) ON DELETE CASCADE,
        document tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_petitions_search_document ON petitions_search USING gin (document)",
    """
    CREATE FUNCTION petitions_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO petitions_search (petition_id, document)
        VALUES (
            new.id,
            setweight(to_tsvector('english', unaccent(new.action)), 'A')
            || setweight(to_tsvector('english', unaccent(new.background)), 'B')
            || setweight(to_tsvector('english', unaccent(new.additional_details)), 'C')
        )
        ON CONFLICT (petition_id) DO UPDATE SET document = excluded.document;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER petitions_search_keep
    AFTER INSERT OR UPDATE OF action, background, additional_details ON petitions_petition
    FOR EACH ROW EXECUTE FUNCTION petitions_search_keep()
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)
