"""What the clock makes happen with consultations themselves; responses and their letters have jobs of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.jobs import Job
from app.outcomes.service.referring import Referring
from consultations.service import beginning, closing


def jobs(referring: Referring) -> list[Job]:
    def close_some(db: Session, now: datetime) -> int:
        return closing.close_some(db, referring, now)

    return [
        Job("consultations: record opening", beginning.open_some, timedelta(seconds=30)),
        Job("consultations: record closing", close_some, timedelta(seconds=30)),
    ]
