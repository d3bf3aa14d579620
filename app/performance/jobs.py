"""What the clock makes happen to figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.jobs import Job
from app.core.tally import Tally
from app.mail import queries as mail
from app.performance.policy import PerformancePolicy
from app.performance.rules.uptime import Heart, minute_of
from app.performance.service import beating, counting, opining
from app.performance.service.rolling import Rolling


class Working:
    """The mark of whoever runs jobs: they run, and letters that are due do leave."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._marked: datetime | None = None

    def __call__(self, db: Session, now: datetime) -> int:
        if minute_of(now) != self._marked:
            counting.empty(db, self.tally)
            if not mail.is_stuck(db, now):
                self._marked = beating.beat(db, Heart.WORK, now)
        return 0


def jobs(policy: PerformancePolicy, zone: ZoneInfo, rolling: Rolling, tally: Tally) -> list[Job]:
    def keep(db: Session, now: datetime) -> int:
        more = beating.settle_days(db, now, zone)
        return more or beating.forget_minutes(db, now, zone, policy.minutes_months)

    return [
        Job("performance: leave a mark", Working(tally), timedelta(seconds=15)),
        Job("performance: minutes become days", keep, timedelta(minutes=30)),
        Job("performance: keep figures", rolling.step, timedelta(minutes=5)),
        Job("performance: forget used questions", opining.forget_used, timedelta(hours=1)),
    ]
