"""What the clock makes happen with duties and promises."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.jobs import Job
from app.outcomes.service import reminding
from app.outcomes.service.referring import Calendar


def jobs(calendar: Calendar) -> list[Job]:
    def of_answers(db: Session, now: datetime) -> int:
        return reminding.remind_of_answers(db, calendar, now)

    def of_promises(db: Session, now: datetime) -> int:
        return reminding.remind_of_promises(db, calendar, now)

    every = timedelta(minutes=10)
    return [Job("remind of answers", of_answers, every), Job("remind of promises", of_promises, every)]
