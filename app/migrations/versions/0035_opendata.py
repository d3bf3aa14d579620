"""Open data keeps nothing in the database: its dumps are files with a manifest."""

revision = "0035_opendata"
down_revision = "0034_tokens"


def upgrade() -> None:
    """No table."""
