"""What other pages of the site show of consultations: the home page and the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consultations.model import Consultation, DateChange
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.lifecycle import is_open, is_upcoming

PANEL = 3
#: a calendar goes on showing what is over for a while, so that programs see what became of it
KEPT = timedelta(days=90)


def most_pressing(db: Session, now: datetime) -> Sequence[Consultation]:
    """The open ones that close first."""
    rows = select(Consultation).where(Consultation.state == E.PUBLISHED, is_open(Consultation, now))
    return db.scalars(rows.order_by(Consultation.closes_at, Consultation.id).limit(PANEL)).all()


def next_opening(db: Session, now: datetime) -> Consultation | None:
    """The one that opens next."""
    rows = select(Consultation).where(Consultation.state == E.PUBLISHED, is_upcoming(Consultation, now))
    return db.scalars(rows.order_by(Consultation.opens_at, Consultation.id).limit(1)).first()


def dated(db: Session, now: datetime, department_id: int | None) -> Sequence[tuple[Consultation, int]]:
    """Those whose days are to come or not long over, with how often the days changed."""
    changes = select(func.count()).where(DateChange.consultation_id == Consultation.id).scalar_subquery()
    rows = select(Consultation, changes).where(
        Consultation.state.in_((E.PUBLISHED, E.WITHDRAWN, E.UNPUBLISHED)), Consultation.closes_at > now - KEPT
    )
    if department_id is not None:
        rows = rows.where(Consultation.department_id == department_id)
    found = db.execute(rows.order_by(Consultation.closes_at, Consultation.id).limit(500))
    return [(one, count) for one, count in found]
