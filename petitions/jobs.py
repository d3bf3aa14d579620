"""What the clock makes happen in this room."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.jobs import Job
from petitions.service import closing, referring, responding


def jobs(serving: referring.Serving) -> list[Job]:
    """Closing, news to signers, and crossings whose duties could not be made at once."""

    def serve_unserved(db: Session, now: datetime) -> int:
        for crossing in referring.unserved(db):
            referring.serve_again(db, serving, crossing, now)
        return 0

    return [
        Job("petitions: record closing", closing.close_overdue, timedelta(seconds=30)),
        Job("petitions: tell signers", responding.queue_some_news, timedelta(seconds=1)),
        Job("petitions: serve crossings", serve_unserved, timedelta(seconds=30)),
    ]
