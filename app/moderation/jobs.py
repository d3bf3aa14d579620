"""What the clock makes happen at the desk: the day's letter to those on duty."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.jobs import Job
from app.mail import service as mail
from app.moderation import duty, queries
from app.moderation.policy import ModerationPolicy


def jobs(policy: ModerationPolicy, zone: ZoneInfo) -> list[Job]:
    return [Job("moderation: the day's letter", partial(tell_what_waits, policy, zone), timedelta(minutes=5))]


def tell_what_waits(policy: ModerationPolicy, zone: ZoneInfo, db: Session, now: datetime) -> int:
    """Once a day from the hour that the deployment names, to whoever is on duty and has not had it yet."""
    local = now.astimezone(zone)
    if local.hour < policy.letter_hour or queries.oldest_waiting(db) is None:
        return 0
    day = local.date().isoformat()
    mail.queue_once(
        db,
        [
            mail.row("moderation/mail/waiting", ("account", account), now, once=f"moderation-waiting:{day}:{account}")
            for account in sorted(duty.on_duty(db))
        ],
    )
    return 0
