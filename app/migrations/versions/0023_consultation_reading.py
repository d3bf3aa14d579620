"""Reading: codes, notes, findings, campaigns, paper."""

revision = "0023_consultation_reading"
down_revision = "0022_consultation_texts"


def upgrade() -> None:
    """Nothing yet."""
