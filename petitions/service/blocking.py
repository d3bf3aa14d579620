"""The standing blocks as the intake asks for them: read once a second, and at once after a change here."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import after_commit
from petitions.model.operation import Block
from petitions.rules.blocking import Blocks, read_blocks

SECONDS = 1.0
_STANDING = select(Block.id, Block.kind, Block.pattern, Block.mailbox).where(Block.lifted_at.is_(None))


class Blocklist:
    """One for each deployment and process; other processes see a change within a second."""

    def __init__(self) -> None:
        self._blocks, self._read_at = Blocks(), -SECONDS

    def now(self, db: Session) -> Blocks:
        """The blocks that stand."""
        if time.monotonic() - self._read_at >= SECONDS:
            rows = db.connection().execute(_STANDING.order_by(Block.id))
            self._blocks, self._read_at = (
                read_blocks((r.id, r.kind, r.pattern, r.mailbox) for r in rows),
                time.monotonic(),
            )
        return self._blocks

    def forget(self, db: Session) -> None:
        """This transaction changes a block: read them anew once it is stored."""
        after_commit(db, self._expire)

    def _expire(self) -> None:
        self._read_at = -SECONDS
