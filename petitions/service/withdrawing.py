"""Taking a signature back: by its owner, or because the address's owner says "this was not me"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core.freshness import touch
from petitions.model.petition import CountryCount, HourCount, Petition
from petitions.model.signature import Household, Signature, Signer
from petitions.rules.eligibility import ConfirmationUnknown, NotOpen, PetitionClosed, is_signable
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState, SignatureState


def withdraw(db: Session, signature_id: int, *, closed_on: str, now: datetime) -> Signature:
    """The owner takes it back while the petition is open; the number stays a gap."""
    petition, signature = _locked(db, signature_id)
    before_publication = petition.state in BEFORE_PUBLICATION and signature.kind != "creator"
    if not before_publication and not is_signable(petition.state, petition.closes_at, now):
        if petition.state in (PetitionState.OPEN, PetitionState.CLOSED):
            raise PetitionClosed(petition=petition.id, closed_on=closed_on)
        raise NotOpen(petition=petition.id)
    _end(db, petition, signature, SignatureState.WITHDRAWN, now)
    return signature


def disown(db: Session, signature_id: int, now: datetime) -> Signature:
    """ "This was not me": whatever it was, it counts no more and its link is dead."""
    petition, signature = _locked(db, signature_id)
    _end(db, petition, signature, SignatureState.INVALIDATED, now)
    return signature


def _locked(db: Session, signature_id: int) -> tuple[Petition, Signature]:
    petition_id = db.scalar(select(Signature.petition_id).where(Signature.id == signature_id))
    if petition_id is None:
        raise ConfirmationUnknown
    fresh = {"populate_existing": True}
    petition = db.scalars(
        select(Petition).where(Petition.id == petition_id).with_for_update(key_share=True).execution_options(**fresh)
    ).one()
    signature = db.scalars(
        select(Signature).where(Signature.id == signature_id).with_for_update(key_share=True).execution_options(**fresh)
    ).one()
    return petition, signature


def _end(db: Session, petition: Petition, signature: Signature, state: SignatureState, now: datetime) -> None:
    """Out of the count, its slot free; what already ended stays as it is."""
    counted = signature.state == SignatureState.VALIDATED
    if not counted and signature.state != SignatureState.PENDING:
        return
    signature.state, signature.ended_at = state, now
    signature.slot = signature.household = None
    db.flush()
    db.execute(delete(Signer).where(Signer.signature_id == signature.id))  # nothing needs these words any more
    if not counted:
        return
    petition.signature_count -= 1
    petition.updated_at = now
    _free_household(db, signature)
    _uncount(db, petition.id, signature)
    db.flush()
    touch(db, f"petition:{petition.id}", "petitions")


def _free_household(db: Session, signature: Signature) -> None:
    """The last of an address leaves: another postcode may sign with it."""
    left = db.scalar(
        select(func.count()).where(
            Signature.petition_id == signature.petition_id,
            Signature.address_key == signature.address_key,
            Signature.state == SignatureState.VALIDATED,
        )
    )
    if not left:
        db.execute(
            delete(Household).where(
                Household.petition_id == signature.petition_id, Household.address_key == signature.address_key
            )
        )


def _uncount(db: Session, petition_id: int, signature: Signature) -> None:
    assert signature.validated_at is not None
    db.execute(
        update(CountryCount)
        .where(CountryCount.petition_id == petition_id, CountryCount.country == signature.country)
        .values(validated=CountryCount.validated - 1)
    )
    hour = signature.validated_at.replace(minute=0, second=0, microsecond=0)
    db.execute(
        update(HourCount)
        .where(HourCount.petition_id == petition_id, HourCount.hour == hour)
        .values(validated=HourCount.validated - 1)
    )
