"""Publishing: redactions, reports, rolls of digests."""

revision = "0024_consultation_publishing"
down_revision = "0023_consultation_reading"


def upgrade() -> None:
    """Nothing yet."""
