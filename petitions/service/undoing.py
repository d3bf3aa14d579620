"""A count falls below a threshold: what it had brought is undone, unless something has answered it.

The count must fall clearly below, so that one person who leaves and comes back does not set a
department's clock twice.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import announce
from app.core.subject import SubjectRef
from app.departments.model import Officer
from app.mail import service as mail
from app.outcomes import service as outcomes
from petitions.events import ThresholdUndone
from petitions.model.petition import Crossing, Petition
from petitions.rules.thresholds import Threshold, fallen
from petitions.service.telling import tell


def undo_thresholds(db: Session, petition: Petition, now: datetime) -> None:
    """The petition is locked and its count is the new one."""
    for threshold in fallen(petition.signature_count, petition):
        if not _is_awaiting(petition, threshold):
            continue
        crossing = _standing_crossing(db, petition.id, threshold)
        if crossing is None:
            continue
        crossing.undone_at = now
        crossing.served_at = crossing.served_at or now  # nothing is left to serve
        _forget(petition, threshold)
        _release_department(db, petition, threshold, crossing.episode, now)
        tell(db, petition.id, "threshold-undone", now, threshold=str(threshold), count=petition.signature_count)
        announce(db, ThresholdUndone(petition.id, threshold, petition.signature_count, now))


def _is_awaiting(petition: Petition, threshold: Threshold) -> bool:
    """Reached and not yet answered; what was answered never goes back."""
    if threshold is Threshold.RESPONSE:
        return petition.answered_at is None
    return petition.debate_state is None


def _standing_crossing(db: Session, petition_id: int, threshold: Threshold) -> Crossing | None:
    return db.scalar(
        select(Crossing)
        .where(Crossing.petition_id == petition_id, Crossing.threshold == threshold, Crossing.undone_at.is_(None))
        .order_by(Crossing.episode.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )


def _forget(petition: Petition, threshold: Threshold) -> None:
    if threshold is Threshold.RESPONSE:
        petition.response_reached_at = None
    else:
        petition.debate_reached_at = None


def _release_department(db: Session, petition: Petition, threshold: Threshold, episode: int, now: datetime) -> None:
    """Its duty is closed and its officers are told."""
    referral = outcomes.close(db, SubjectRef("petition", petition.id), str(threshold), episode, now)
    if referral is None:
        return
    officers = db.scalars(select(Officer.account_id).where(Officer.department_id == referral.department_id))
    facts = {"referral": referral.id}
    mail.queue(db, [mail.row("petitions/mail/undone_officer", ("account", o), now, facts=facts) for o in officers])
