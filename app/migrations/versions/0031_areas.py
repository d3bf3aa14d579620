"""Nothing yet."""

revision = "0031_areas"
down_revision = "0030_townhall_outcomes"


def upgrade() -> None:
    """Filled in where areas come."""
