"""Nothing yet."""

revision = "0037_trails"
down_revision = "0036_search"


def upgrade() -> None:
    """Filled in where trails come."""
