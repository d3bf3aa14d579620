"""Which halls the public may read."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from townhall.model import Hall
from townhall.rules.lifecycle import READABLE, HallState


def readable_hall(db: Session, hall_id: int) -> Hall:
    """Raises NotFound where there is none that the public may read."""
    hall = db.get(Hall, hall_id) if 0 < hall_id < 2**63 else None
    if hall is None or HallState(hall.state) not in READABLE:
        raise NotFound
    return hall
