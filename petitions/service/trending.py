"""What trends is read from the last hour's minutes; older ones have had their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from petitions.model.petition import MinuteCount

KEPT = timedelta(hours=2)


def forget_a_minute(db: Session, now: datetime) -> int:
    """Clear the oldest minute that has had its time; answers 1, or 0 when there is none."""
    oldest = db.scalar(select(func.min(MinuteCount.minute)))
    if oldest is None or oldest >= now - KEPT:
        return 0
    db.execute(delete(MinuteCount).where(MinuteCount.minute == oldest))
    return 1
