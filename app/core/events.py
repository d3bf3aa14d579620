"""Facts go up: a floor announces what happened, rooms that asked to hear it act in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any], None]
Listeners = defaultdict[type, list[Listener]]


def announce(db: Session, event: object) -> None:
    """Tell every listener of this event's type; an exception undoes the whole act."""
    for listener in db.info.get("listeners", {}).get(type(event), ()):
        listener(db, event)
