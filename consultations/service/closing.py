"""What closing brings: written down once, and handed to the lead department, which owes an outcome by a day.

Whether a consultation is closed, nobody has to wait for: that follows from its instants. The job that runs this may
stand still for days; the day on which the outcome is due counts from the closing all the same.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.events import announce
from app.core.freshness import touch
from app.outcomes.service.referring import Referring, close, support
from consultations import queries
from consultations.events import ConsultationClosed
from consultations.model import Consultation, DateChange
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.locking import locked, subject_of, tell_pages

CAUSE = "consultation"
A_STEP = 20


def close_some(db: Session, referring: Referring, now: datetime) -> int:
    """One step: those whose time is over; answers how many."""
    over = select(Consultation.id).where(
        Consultation.state == E.PUBLISHED, Consultation.closes_at <= now, Consultation.closed_at.is_(None)
    )
    ids = db.scalars(over.order_by(Consultation.id).limit(A_STEP)).all()
    for consultation_id in ids:
        _close(db, referring, consultation_id, now)
    return len(ids)


def _close(db: Session, referring: Referring, consultation_id: int, now: datetime) -> None:
    consultation = locked(db, consultation_id)
    closes_at = consultation.closes_at
    if consultation.state != E.PUBLISHED or closes_at is None or closes_at > now or consultation.closed_at is not None:
        return  # extended or taken off meanwhile
    consultation.closed_at = now
    referral = referring.refer(
        db,
        subject_of(consultation.id),
        cause=CAUSE,
        lead_id=consultation.department_id,
        now=closes_at,
        episode=episode_of(db, consultation.id),
    )
    support(db, referral, queries.supporting(db, consultation.id), now)
    db.flush()
    announce(db, ConsultationClosed(consultation.id, now))
    touch(db, "outcomes", f"department:{consultation.department_id}", str(subject_of(consultation.id)))
    tell_pages(db, consultation)


def undo(db: Session, consultation: Consultation, now: datetime) -> None:
    """Nothing is owed any more, where nothing was answered. The caller holds the consultation's lock."""
    close(db, subject_of(consultation.id), CAUSE, episode_of(db, consultation.id), now)


def episode_of(db: Session, consultation_id: int) -> int:
    """Each time it was opened anew, its closing is another matter."""
    reopened = select(func.count()).where(DateChange.consultation_id == consultation_id, DateChange.reopened.is_(True))
    return 1 + (db.scalar(reopened) or 0)
