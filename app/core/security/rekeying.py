"""What an area contributes so that its stored data can move from an old secret of the site to a new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.core.security.keys import Keys


class Step(NamedTuple):
    """What one step did: the last row looked at, how many it moved, how many opened with neither secret."""

    reached: int
    moved: int
    unknown: int = 0
    #: nothing comes after it
    is_last: bool = False


class Rekeyer(Protocol):
    """How one area's stored data moves."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        """Move some rows that come after the row ``after``, whatever their number; a few hundred at most."""

    def unreadable(self, db: Session, keys: Keys) -> Iterable[str]:
        """Rows that do not fit these keys, in a few words each."""

    def left_to_do(self, db: Session) -> Iterable[str]:
        """What no program can move and people must do, in a sentence each."""
