"""Nothing yet."""

revision = "0035_opendata"
down_revision = "0034_tokens"


def upgrade() -> None:
    """Filled in where opendata come."""
