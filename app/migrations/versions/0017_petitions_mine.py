"""Petitions: a signer may have their words erased before their time."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0017_petitions_mine"
down_revision = "0016_switches"


def upgrade() -> None:
    op.add_column("petitions_signature", sa.Column("erased_at", Instant(), nullable=True))

