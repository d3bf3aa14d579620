"""Nothing yet."""

revision = "0033_webhooks"
down_revision = "0032_performance"


def upgrade() -> None:
    """Filled in where webhooks come."""
