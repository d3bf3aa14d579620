"""Search: numbers of documents tell their rank and kind, so a site that has others fills its index anew; SQLite lists
the tokens of each index."""

import sqlalchemy as sa
from alembic import op

revision = "0037_search_by_number"
down_revision = "0036_trails"

WORDS = ("search_words_public", "search_words_staff")
SQLITE_WORDS = "CREATE VIRTUAL TABLE {words} USING fts5(tokens, detail=none, tokenize='unicode61 remove_diacritics 0')"
SQLITE_TOKENS = "CREATE VIRTUAL TABLE {words}_tokens USING fts5vocab({words}, 'row')"
SQLITE_GONE = """
    CREATE TRIGGER search_document_gone AFTER DELETE ON search_document BEGIN
        DELETE FROM search_words_public WHERE rowid = old.id;
        DELETE FROM search_words_staff WHERE rowid = old.id;
    END
    """


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("DROP TRIGGER search_document_gone")
        for words in WORDS:
            op.execute(f"DROP TABLE {words}")
    else:
        for words in WORDS:
            op.execute(f"DELETE FROM {words}")
    for table in ("search_text", "search_document", "search_word_part", "search_word", "search_round"):
        op.execute(sa.text(f"DELETE FROM {table}"))
    op.drop_column("search_document", "rank")
    if sqlite:
        for words in WORDS:
            op.execute(SQLITE_WORDS.format(words=words))
            op.execute(SQLITE_TOKENS.format(words=words))
        op.execute(SQLITE_GONE)
