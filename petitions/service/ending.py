"""A signature ends: out of the count, its slot free, and what the count had reached is looked at again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.freshness import touch
from app.core.subject import SubjectRef
from petitions.model.petition import AreaCount, CountryCount, HourCount, MinuteCount, Petition
from petitions.model.signature import Household, Signature, Signer
from petitions.rules.eligibility import ConfirmationUnknown
from petitions.rules.lifecycle import SignatureState
from petitions.service.undoing import undo_thresholds

_ENDS = (SignatureState.PENDING, SignatureState.HELD, SignatureState.VALIDATED)


def invalidate(db: Session, signature_id: int, *, reason: str, by: int, now: datetime, note: str = "") -> Signature:
    """Staff end a signature for a class of ``reason``; ``note`` is their own word on it, for the record."""
    petition, signature = lock_signature(db, signature_id)
    if end_signature(db, petition, signature, SignatureState.INVALIDATED, reason, now):
        subject = SubjectRef("petition", petition.id)
        facts = {"signature": signature.id, "reason": reason} | ({"note": note} if note else {})
        audit.record(db, "petitions.invalidate", subject, by=by, now=now, facts=facts)
        show_ended(db, petition)
    return signature


def lock_signature(db: Session, signature_id: int) -> tuple[Petition, Signature]:
    """Its petition and itself, locked in that order; raises :class:`ConfirmationUnknown`."""
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


def end_signature(
    db: Session, petition: Petition, signature: Signature, state: SignatureState, reason: str, now: datetime
) -> bool:
    """Both are locked. Answers whether anything changed: what had ended stays as it is.

    The caller shows it with :func:`show_ended`, last of all: that locks rows which many share.
    """
    was = SignatureState(signature.state)
    if was not in _ENDS:
        return False
    signature.state, signature.ended_at, signature.end_reason = state, now, reason
    signature.slot = signature.household = None
    db.flush()
    db.execute(delete(Signer).where(Signer.signature_id == signature.id))  # nothing needs these words any more
    if was is SignatureState.VALIDATED:
        _uncount(db, petition, signature, now)
        undo_thresholds(db, petition, now)
    return True


def show_ended(db: Session, petition: Petition) -> None:
    """The petition's pages and the lists show the count that is left."""
    db.flush()
    touch(db, f"petition:{petition.id}", "petitions")


def _uncount(db: Session, petition: Petition, signature: Signature, now: datetime) -> None:
    assert signature.validated_at is not None
    petition.signature_count -= 1
    petition.updated_at = now
    db.flush()
    _free_household(db, signature)
    at = signature.validated_at
    db.execute(
        update(CountryCount)
        .where(CountryCount.petition_id == petition.id, CountryCount.country == signature.country)
        .values(validated=CountryCount.validated - 1)
    )
    if signature.area is not None:
        db.execute(
            update(AreaCount)
            .where(AreaCount.petition_id == petition.id, AreaCount.code == signature.area)
            .values(validated=AreaCount.validated - 1)
        )
    for table, column, unit in (
        (HourCount, HourCount.hour, at.replace(minute=0, second=0, microsecond=0)),
        (MinuteCount, MinuteCount.minute, at.replace(second=0, microsecond=0)),
    ):
        db.execute(
            update(table)
            .where(table.petition_id == petition.id, column == unit, table.validated > 0)
            .values(validated=table.validated - 1)
        )


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
