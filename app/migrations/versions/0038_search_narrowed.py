"""Search on PostgreSQL: the words of a document know its day, and those of a kind are found in their order."""

from alembic import op

revision = "0038_search_narrowed"
down_revision = "0037_search_by_number"

WORDS = ("search_words_public", "search_words_staff")
STATEMENTS = (
    "ALTER TABLE {words} ADD COLUMN at timestamptz",
    "UPDATE {words} SET at = d.at FROM search_document d WHERE d.id = document_id",
    "ALTER TABLE {words} ALTER COLUMN at SET NOT NULL",
    # a document's number ends with its kind: see app/search/rules/numbers.py
    "CREATE INDEX ix_{words}_kind ON {words} ((document_id & 31), document_id)",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # its index finds both without
    for words in WORDS:
        for statement in STATEMENTS:
            op.execute(statement.format(words=words))
