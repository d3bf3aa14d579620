"""Draft texts by clauses: versions, quotes, dispositions."""

revision = "0022_consultation_texts"
down_revision = "0021_consultations"


def upgrade() -> None:
    """Nothing yet."""
