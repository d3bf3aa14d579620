"""What a petition's creator may still do with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from petitions.model.petition import Event, Petition
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import is_signable
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState

#: a rule about the person: other words do not help
ABOUT_THE_CREATOR = frozenset({"fake-name"})
#: nor where the words are gone
_FINAL = ABOUT_THE_CREATOR | {"illegal"}
_REFUSED = frozenset({PetitionState.REJECTED, PetitionState.HIDDEN})


def can_resubmit(db: Session, policy: PetitionPolicy, petition: Petition) -> bool:
    """Rejected before publication, its people still known, and not yet sent in again too often."""
    if petition.state not in _REFUSED or petition.was_published or petition.salt is None:
        return False
    if petition.rejection_code in _FINAL:
        return False
    return times_resubmitted(db, petition.id) < policy.resubmissions


def times_resubmitted(db: Session, petition_id: int) -> int:
    same = (Event.petition_id == petition_id, Event.kind == "resubmitted")
    return db.scalar(select(func.count()).select_from(Event).where(*same)) or 0


def can_withdraw(petition: Petition, now: datetime) -> bool:
    """Until it closes. What was taken down and is judged again waits for that: withdrawing would show it."""
    if petition.source is not None or petition.creator_signature_id is None:
        return False
    unpublished = petition.state in BEFORE_PUBLICATION and not petition.was_published
    return unpublished or is_signable(petition.state, petition.closes_at, now)
