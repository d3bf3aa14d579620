"""That a consultation has opened, said once to whoever wants to hear. Nobody has to wait for it: that follows from
its instants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import announce
from consultations.events import ConsultationOpened
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.locking import locked

A_STEP = 20


def open_some(db: Session, now: datetime) -> int:
    """One step: those whose time has come; answers how many."""
    begun = select(Consultation.id).where(
        Consultation.state == E.PUBLISHED, Consultation.opens_at <= now, Consultation.opened_at.is_(None)
    )
    ids = db.scalars(begun.order_by(Consultation.id).limit(A_STEP)).all()
    for consultation_id in ids:
        _open(db, consultation_id, now)
    return len(ids)


def _open(db: Session, consultation_id: int, now: datetime) -> None:
    """One that was over before anybody looked is noted and not told: it cannot be answered any more."""
    consultation = locked(db, consultation_id)
    opens_at, closes_at = consultation.opens_at, consultation.closes_at
    if consultation.state != E.PUBLISHED or opens_at is None or opens_at > now or consultation.opened_at is not None:
        return  # taken off meanwhile
    consultation.opened_at = opens_at
    db.flush()
    if closes_at is not None and closes_at > now:
        announce(db, ConsultationOpened(consultation.id, now))
