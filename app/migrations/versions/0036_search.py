"""Nothing yet."""

revision = "0036_search"
down_revision = "0035_opendata"


def upgrade() -> None:
    """Filled in where search come."""
