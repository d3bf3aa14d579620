"""Nothing yet."""

revision = "0032_performance"
down_revision = "0031_areas"


def upgrade() -> None:
    """Filled in where performance come."""
