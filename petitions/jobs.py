"""What the clock makes happen in this room."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.areas.service.placing import Placing
from app.core.jobs import Job
from app.core.security.keys import Keys
from petitions.policy import PetitionPolicy
from petitions.service import (
    announcing,
    area_figures,
    closing,
    election,
    erasing,
    extending,
    referring,
    stopping,
    trending,
)


def jobs(
    serving: referring.Serving,
    keys: Keys,
    policy: PetitionPolicy,
    zone: ZoneInfo,
    news: announcing.Announcing,
    placing: Placing,
) -> list[Job]:
    """Closing, news to signers, crossings whose duties could not be made at once, and forgetting."""

    def serve_unserved(db: Session, now: datetime) -> int:
        for crossing in referring.unserved(db):
            referring.serve_again(db, serving, crossing, now)
        return 0

    return [
        Job("petitions: keep to what is stopped", partial(_keep_to_stops, keys, zone), timedelta(seconds=5)),
        Job("petitions: record closing", partial(_close, keys, zone, news), timedelta(seconds=30)),
        Job("petitions: tell signers", announcing.queue_some_news, timedelta(seconds=1)),
        Job("petitions: serve crossings", serve_unserved, timedelta(seconds=30)),
        Job("petitions: stop abandoned", partial(_stop_abandoned, policy), timedelta(hours=1)),
        Job("petitions: forget minutes", trending.forget_minutes, timedelta(minutes=1)),
        Job("petitions: show areas", partial(_show_areas, placing), timedelta(minutes=2)),
        Job("petitions: erase signers", partial(_erase, policy, zone, erasing.Reached()), timedelta(minutes=10)),
    ]


def _keep_to_stops(keys: Keys, zone: ZoneInfo, db: Session, now: datetime) -> int:
    return election.carry_out_some(db, keys, now) or extending.extend_some(db, zone, now)


def _close(keys: Keys, zone: ZoneInfo, news: announcing.Announcing, db: Session, now: datetime) -> int:
    """Deadlines that a stop has moved come first: what it put off must not be written down as closed."""
    return _keep_to_stops(keys, zone, db, now) or closing.close_overdue(db, now, news)


def _erase(policy: PetitionPolicy, zone: ZoneInfo, reached: erasing.Reached, db: Session, now: datetime) -> int:
    return erasing.erase_some(db, policy, zone, now, reached) or erasing.forget_unconfirmed(db, policy, now)


def _show_areas(placing: Placing, db: Session, now: datetime) -> int:
    return area_figures.show_some(db, placing.book, placing.home_country, now)


def _stop_abandoned(policy: PetitionPolicy, db: Session, now: datetime) -> int:
    return stopping.stop_abandoned(db, policy, now)
