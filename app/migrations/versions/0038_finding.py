"""Nothing yet."""

revision = "0038_finding"
down_revision = "0037_trails"


def upgrade() -> None:
    """Filled in where finding come."""
