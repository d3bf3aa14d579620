"""Nothing yet."""

revision = "0034_tokens"
down_revision = "0033_webhooks"


def upgrade() -> None:
    """Filled in where tokens come."""
