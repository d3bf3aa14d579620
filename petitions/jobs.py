"""What the clock makes happen in this room."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.jobs import Job
from petitions.policy import PetitionPolicy
from petitions.service import closing, erasing, referring, responding


def jobs(serving: referring.Serving, policy: PetitionPolicy, zone: ZoneInfo) -> list[Job]:
    """Closing, news to signers, crossings whose duties could not be made at once, and forgetting."""

    def serve_unserved(db: Session, now: datetime) -> int:
        for crossing in referring.unserved(db):
            referring.serve_again(db, serving, crossing, now)
        return 0

    return [
        Job("petitions: record closing", closing.close_overdue, timedelta(seconds=30)),
        Job("petitions: tell signers", responding.queue_some_news, timedelta(seconds=1)),
        Job("petitions: serve crossings", serve_unserved, timedelta(seconds=30)),
        Job("petitions: erase signers", partial(_erase, policy, zone), timedelta(minutes=10)),
    ]


def _erase(policy: PetitionPolicy, zone: ZoneInfo, db: Session, now: datetime) -> int:
    return erasing.erase_some(db, policy, zone, now) or erasing.forget_unconfirmed(db, policy, now)
