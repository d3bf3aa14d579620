"""What the life of consultations still needs."""

revision = "0025_consultation_life"
down_revision = "0024_consultation_publishing"


def upgrade() -> None:
    """Nothing yet."""
