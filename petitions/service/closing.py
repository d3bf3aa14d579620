"""Recording that a petition's time is over. Signing ends by the clock, not by this."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from petitions.model.petition import Petition
from petitions.rules.lifecycle import PetitionState

A_STEP = 200


def close_overdue(db: Session, now: datetime) -> int:
    """Mark up to 200 open petitions whose closing instant has passed; answers how many.

    An imported petition that was over when it came keeps the state its source gave.
    """
    due = (
        select(Petition)
        .where(
            Petition.state == PetitionState.OPEN,
            Petition.closes_at <= now,
            or_(Petition.source.is_(None), Petition.closes_at > Petition.updated_at),
        )
        .order_by(Petition.id)
        .limit(A_STEP)
        .with_for_update(key_share=True)
    )
    closed = db.scalars(due.execution_options(populate_existing=True)).all()
    for petition in closed:
        petition.state, petition.closed_at = PetitionState.CLOSED, petition.closes_at
    db.flush()
    if closed:
        touch(db, "petitions", *(f"petition:{p.id}" for p in closed))
    return len(closed)
