"""Forgetting who signed: six months after a petition has ended, and what was never confirmed.

The totals stay; the sealed words and the salt that keyed the addresses go. Each step is short and
stored for itself, so that an interrupted erasure goes on where it stopped. A petition whose signers
an administrator keeps is left as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.mail import service as mail
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.closing import closing_instant
from petitions.rules.lifecycle import PetitionState, SignatureState

A_STEP = 500
AN_INSTANT = timedelta(microseconds=1)
UNCONFIRMED_FOR = timedelta(days=30)
_ENDED = (
    PetitionState.CLOSED,
    PetitionState.REJECTED,
    PetitionState.HIDDEN,
    PetitionState.WITHDRAWN,
    PetitionState.STOPPED,
)

#: every signature has a number, or is of one of these kinds at least; each has an index that begins with the petition
_KINDS = (
    Signature.state == SignatureState.PENDING,
    Signature.ended_at.is_not(None),
    Signature.state == SignatureState.HELD,  # few, by their block
)


class Reached:
    """Up to which number a petition's signers are forgotten, for as long as this process runs.

    Without it each step would pass all those that were forgotten before. Nobody relies on it: the
    last step begins at the first number again.
    """

    def __init__(self) -> None:
        self._petition_id, self._number = 0, 0

    def of(self, petition_id: int) -> int:
        return self._number if petition_id == self._petition_id else 0

    def note(self, petition_id: int, number: int) -> None:
        self._petition_id, self._number = petition_id, number


def erase_some(
    db: Session, policy: PetitionPolicy, zone: ZoneInfo, now: datetime, reached: Reached | None = None
) -> int:
    """Erase up to 500 signers of one petition whose time has come; answers whether there is more to do."""
    petition = _due(db, policy, zone, now)
    if petition is None:
        return 0
    reached = reached or Reached()
    after = reached.of(petition.id)
    some = _known_signers(db, petition.id, after, reached)
    db.execute(delete(Signer).where(Signer.signature_id.in_(some)))
    if len(some) == A_STEP:
        return 1
    if after:
        reached.note(petition.id, 0)
        return 1
    petition.salt = petition.creator_name = None
    db.flush()
    touch(db, f"petition:{petition.id}")
    return 1


def _known_signers(db: Session, petition_id: int, after: int, reached: Reached) -> list[int]:
    """Up to 500 signatures whose people are still known, by the index that each kind of them stands in."""
    known = (
        select(Signer.signature_id)
        .join(Signature, Signature.id == Signer.signature_id)
        .where(Signature.petition_id == petition_id)
    )
    numbered = known.add_columns(Signature.number).where(Signature.number > after).order_by(Signature.number)
    rows = db.execute(numbered.limit(A_STEP)).all()
    if rows:
        reached.note(petition_id, rows[-1][1])
    found: list[int] = [signature for signature, _number in rows]
    for kind in _KINDS:
        if len(found) < A_STEP:
            found += db.scalars(known.where(kind, Signer.signature_id.not_in(found)).limit(A_STEP - len(found)))
    return found


def forget_unconfirmed(db: Session, policy: PetitionPolicy, now: datetime) -> int:
    """Delete up to 500 requests that nobody confirmed in time; whoever comes later signs anew."""
    before = now - timedelta(days=policy.confirm_days) - UNCONFIRMED_FOR
    stale = list(
        db.scalars(
            select(Signature.id)
            .where(Signature.state == SignatureState.PENDING, Signature.kind != "creator", Signature.asked_at < before)
            .where(Signature.petition_id.not_in(select(Petition.id).where(Petition.keep_signers)))
            .order_by(Signature.id)
            .limit(A_STEP)
        )
    )
    if stale:
        mail.drop_waiting(db, "petitions.signature", stale, now)
    db.execute(delete(Signer).where(Signer.signature_id.in_(stale)))
    db.execute(delete(Signature).where(Signature.id.in_(stale)))
    return len(stale) // A_STEP


def _due(db: Session, policy: PetitionPolicy, zone: ZoneInfo, now: datetime) -> Petition | None:
    """The petition that ended longest ago and still knows its signers."""
    ended = func.coalesce(
        Petition.stopped_at,
        Petition.closed_at,
        Petition.withdrawn_at,
        Petition.hidden_at,
        Petition.rejected_at,
        Petition.closes_at,
    )
    oldest = (
        select(Petition)
        .where(Petition.state.in_(_ENDED), Petition.salt.is_not(None), ~Petition.keep_signers)
        .order_by(ended)
        .limit(1)
        .with_for_update(key_share=True)
    )
    petition = db.scalar(oldest.execution_options(populate_existing=True))
    if petition is None:
        return None
    when = petition.stopped_at or petition.closed_at or petition.withdrawn_at
    when = when or petition.hidden_at or petition.rejected_at
    when = when or petition.closes_at or petition.created_at
    last_day = when - AN_INSTANT  # what ends at midnight ended with the day before
    return petition if closing_instant(last_day, policy.erase_after_months, zone) <= now else None
