"""What trends is read from the last hour's minutes; older ones have had their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from petitions.model.petition import MinuteCount

KEPT = timedelta(hours=2)
A_STEP = 2_000


def forget_minutes(db: Session, now: datetime) -> int:
    """Clear the oldest minutes that have had their time, about 2,000 rows; answers 1 while there are more."""
    over = select(MinuteCount.minute).where(MinuteCount.minute < now - KEPT).order_by(MinuteCount.minute)
    oldest = db.scalar(over.limit(1))
    if oldest is None:
        return 0
    more = db.scalar(over.offset(A_STEP).limit(1))
    done = MinuteCount.minute < (now - KEPT if more is None else more)
    db.execute(delete(MinuteCount).where(or_(done, MinuteCount.minute == oldest)))
    return int(more is not None)
