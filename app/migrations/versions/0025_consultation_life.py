"""Why a consultation is open for fewer days than usual."""

import sqlalchemy as sa
from alembic import op

revision = "0025_consultation_life"
down_revision = "0024_consultation_publishing"


def upgrade() -> None:
    op.add_column(
        "consultations_consultation", sa.Column("short_reason", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
