"""Taking a signature back: by its owner, or because the address's owner says "this was not me"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from petitions.model.signature import Signature
from petitions.rules.eligibility import NotOpen, SignersForgotten, TooLateToWithdraw, can_take_back
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.service.ending import end_signature, lock_signature, show_ended


def withdraw(db: Session, signature_id: int, *, closed_on: str, now: datetime) -> Signature:
    """The owner takes it back while the petition is open; the number stays a gap."""
    petition, signature = lock_signature(db, signature_id)
    if not can_take_back(petition.state, petition.closes_at, now, kind=signature.kind):
        if petition.state in (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.IN_MODERATION):
            raise TooLateToWithdraw(petition=petition.id, closed_on=closed_on)
        raise NotOpen(petition=petition.id)
    if end_signature(db, petition, signature, SignatureState.WITHDRAWN, "withdrawn", now):
        show_ended(db, petition)
    return signature


def disown(db: Session, signature_id: int, now: datetime) -> Signature:
    """ "This was not me": whatever it was, it counts no more and its link is dead."""
    petition, signature = lock_signature(db, signature_id)
    if petition.salt is None:
        raise SignersForgotten(petition=petition.id)
    if end_signature(db, petition, signature, SignatureState.INVALIDATED, "not-me", now):
        show_ended(db, petition)
    return signature
