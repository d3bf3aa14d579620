"""An election: everything closes at an announced minute, and begins again when an administrator says so.

Announced, no petition closes later than that minute, and each keeps when it would have closed: calling
the announcement off restores it exactly. At the minute what gathers support is stopped and its creators
are told. All in short steps that look for what is still to do, so that an interruption costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.freshness import SITE, touch
from app.core.people.addresses import BadAddress, read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.mail.model import Lane
from petitions.identity import mailbox_key, open_signer
from petitions.model.operation import Stop
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState, SignatureState
from petitions.rules.stops import CreatingStopped, ElectionBegun, StopKind
from petitions.service.stopping import NEVER_PUBLISHED, stop_petitions
from petitions.service.stops import standing_row, unfinished

A_STEP = 1_000
STOPPED_A_STEP = 50
LETTER = "petitions/mail/stopped_election"


def carry_out_some(db: Session, keys: Keys, now: datetime) -> int:
    """One step of what a standing, called-off or ended election still asks for; answers whether there may be more."""
    for election in unfinished(db, StopKind.ELECTION):
        if _step(db, keys, election, now):
            return 1
        if election.ended_at is not None or (election.done_at is None and now >= election.due_at):
            _note_done(db, election, now)
    return 0


def _step(db: Session, keys: Keys, election: Stop, now: datetime) -> int:
    if election.ended_at is not None and election.ended_at < election.due_at:
        return _restore_some(db, election)
    changed = _close_early(db, election)
    if not changed and now >= election.due_at:
        changed = _stop_gathering(db, keys, election, now)
    return changed


def close_in_time(db: Session, petition: Petition, now: datetime) -> None:
    """A petition that opens while an election is announced closes at its minute; after it nothing opens.

    Raises :class:`ElectionBegun`.
    """
    election = standing_row(db, StopKind.ELECTION)
    if election is None:
        return
    if now >= election.due_at:
        raise ElectionBegun
    if petition.closes_at is not None and petition.closes_at > election.due_at:
        petition.closes_before_election, petition.closes_at = petition.closes_at, election.due_at


def refuse_once_begun(db: Session, now: datetime) -> None:
    """Nothing is sent to the moderators from an election's minute on; raises :class:`CreatingStopped`."""
    election = standing_row(db, StopKind.ELECTION)
    if election is not None and now >= election.due_at:
        raise CreatingStopped(election.message)


def _close_early(db: Session, election: Stop) -> int:
    """Up to 1,000 petitions that would close after the minute, those put back into the open meanwhile included."""
    later = [Petition.state == PetitionState.OPEN, Petition.closes_at > election.due_at]
    if election.ended_at is not None:  # what opened after the election is none of its business
        later.append(func.coalesce(Petition.opened_at, Petition.created_at) < election.due_at)
    ids = _locked(db, *later)
    if ids:
        values = {"closes_before_election": Petition.closes_at, "closes_at": election.due_at}
        _update(db, ids, values)
    return len(ids)


def _restore_some(db: Session, election: Stop) -> int:
    """Up to 1,000 petitions get their own closing back."""
    ids = _locked(db, Petition.closes_at == election.due_at, Petition.closes_before_election.is_not(None))
    if ids:
        _update(db, ids, {"closes_at": Petition.closes_before_election, "closes_before_election": None})
    return len(ids)


def _locked(db: Session, *conditions: ColumnElement[bool]) -> Sequence[int]:
    wanted = select(Petition.id).where(*conditions).order_by(Petition.id).limit(A_STEP)
    return db.scalars(wanted.with_for_update(key_share=True)).all()


def _update(db: Session, ids: Sequence[int], values: dict[str, object]) -> None:
    one = update(Petition).where(Petition.id.in_(ids)).values(**values)
    db.execute(one.execution_options(synchronize_session=False))
    touch(db, SITE)


def _stop_gathering(db: Session, keys: Keys, election: Stop, now: datetime) -> int:
    """Up to 50 petitions before their publication: stopped, their cases closed, their creators told."""
    gathering = select(Petition).where(Petition.state.in_(BEFORE_PUBLICATION), *NEVER_PUBLISHED)
    if election.ended_at is not None:
        gathering = gathering.where(Petition.created_at < election.due_at)
    some = gathering.order_by(Petition.id).limit(STOPPED_A_STEP).with_for_update(key_share=True)
    stopped = db.scalars(some.execution_options(populate_existing=True)).all()
    stop_petitions(db, stopped, "election", election.due_at, now)
    creators = [c for p in stopped if (c := _mailbox_of_creator(db, keys, p)) is not None]
    rows = [
        mail.row(
            LETTER, ("petitions.signature", signature), now, lane=Lane.NEWS, once=f"election:{election.id}:{mailbox}"
        )
        for signature, mailbox in creators
    ]
    mail.queue_once(db, rows)
    if stopped:
        touch(db, "petitions", *(f"petition:{p.id}" for p in stopped))
    return len(stopped)


def _mailbox_of_creator(db: Session, keys: Keys, petition: Petition) -> tuple[int, str] | None:
    """The creator's signature and their mailbox's digest; None for whoever took it back or said "not me"."""
    signature = db.get(Signature, petition.creator_signature_id) if petition.creator_signature_id else None
    signer = db.get(Signer, signature.id) if signature else None
    if signature is None or signer is None:
        return None
    if signature.state not in (SignatureState.PENDING, SignatureState.VALIDATED):
        return None
    words = open_signer(keys, petition.id, signature.address_key, signer.sealed)
    try:
        address = read_address(words["email"])
    except BadAddress:  # the rules for addresses were wider once
        return None
    return signature.id, mailbox_key(keys, address).hex()


def _note_done(db: Session, election: Stop, now: datetime) -> None:
    election.done_at = now
    db.flush()
    audit.record(db, "petitions.election-done", SubjectRef("petitions.stop", election.id), by=None, now=now)
    touch(db, SITE)
