"""What a petition's page tells of its life beyond its own columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from petitions.model.petition import Event


def tell(db: Session, petition_id: int, kind: str, now: datetime, **facts: Any) -> None:
    """Add a public entry to the trail: never a person's name, never an address."""
    db.add(Event(petition_id=petition_id, kind=kind, at=now, facts=facts))
