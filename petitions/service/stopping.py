"""Ending petitions that were never published: before an election, or because nobody came back to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.moderation import service as moderation
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import PetitionState
from petitions.service.telling import tell

A_STEP = 50
GATHERING = (PetitionState.PENDING, PetitionState.COLLECTING)
#: one that was taken down and waits to be judged anew is none of these
NEVER_PUBLISHED = (Petition.opened_at.is_(None), Petition.source.is_(None))


def stop_abandoned(db: Session, policy: PetitionPolicy, now: datetime) -> int:
    """Stop up to 50 petitions that have gathered support for ``abandoned_days``; answers whether there may be more."""
    since = now - timedelta(days=policy.abandoned_days)
    abandoned = select(Petition).where(Petition.state.in_(GATHERING), Petition.created_at < since)
    some = abandoned.order_by(Petition.id).limit(A_STEP).with_for_update(key_share=True)
    found = db.scalars(some.execution_options(populate_existing=True)).all()
    stop_petitions(db, found, "abandoned", now, now)
    if found:
        touch(db, *(f"petition:{p.id}" for p in found))
    return len(found) // A_STEP


def stop_petitions(db: Session, petitions: Sequence[Petition], why: str, at: datetime, now: datetime) -> None:
    """End petitions that were never published; they are locked. What still waits to be sent about them is not sent."""
    for petition in petitions:
        if petition.state == PetitionState.IN_MODERATION:
            moderation.close_case(db, SubjectRef("petition", petition.id), now)
        petition.state, petition.stopped_at, petition.updated_at = PetitionState.STOPPED, at, now
        tell(db, petition.id, "stopped", at, why=why)
    db.flush()
    if petitions:
        signatures = select(Signature.id).where(Signature.petition_id.in_([p.id for p in petitions]))
        mail.drop_waiting(db, "petitions.signature", db.scalars(signatures).all(), now)
