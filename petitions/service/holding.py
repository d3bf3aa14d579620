"""What blocked sources asked for: held back until staff release or discard it.

A held signature is a request without a letter. Releasing it sends the letter, as if it had been
asked for then; its signer and the public notice nothing before that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, Refusal
from app.core.freshness import touch
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.mail import service as mail
from petitions.identity import mailbox_key, open_signer
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import PetitionStanding, refusal_to_confirm
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.service.ending import invalidate, lock_signature
from petitions.service.requesting import CONFIRM_LETTER
from petitions.service.standing import lock_standings

A_STEP = 500
SUPPORT_LETTER = "petitions/mail/gather_support"
ENDS = frozenset({SignatureState.PENDING, SignatureState.VALIDATED, SignatureState.HELD})
_HELD = Signature.state == SignatureState.HELD


class NotHeld(Conflict):
    code = "not-held"
    title = _("This signature is not held any more")
    message = _("Somebody has released or discarded it. Nothing was changed.")
    way_on = ("/moderation/held", _("See what is held"))


class AlreadyEnded(Conflict):
    code = "already-ended"
    title = _("This signature has ended already")
    message = _("It does not count and its link is dead. Nothing was changed.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class CreatorSigned(Conflict):
    code = "creator-signed"
    title = _("This is the creator’s own signature")
    message = _("The petition stands on it. Reject or take down the petition instead. Nothing was changed.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class LettersUsedUp(Conflict):
    code = "letters-used-up"
    title = _("This signature has had all its letters")
    message = _("Each may have {most}, so that our forms cannot be used against a mailbox. Nothing was sent.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class MailboxFull(Conflict):
    code = "mailbox-full"
    title = _("This mailbox has had all the letters it may get today")
    message = _("Nothing was sent. Try again tomorrow.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class LeadsNowhere(Conflict):
    code = "leads-nowhere"
    title = _("Its petition takes no signatures now")
    message = _("A letter would lead nowhere, so nothing was sent and the signature stays as it is.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class WordsGone(Conflict):
    code = "words-gone"
    title = _("The address of this signature has been erased")
    message = _("We know nobody to write to. Nothing was sent.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


@dataclass(frozen=True, slots=True)
class Held:
    """What one block holds back; ``petitions`` of the ``signatures`` are their creators' own."""

    block_id: int
    signatures: int
    petitions: int
    oldest_at: datetime


def held_by_block(db: Session) -> Sequence[Held]:
    """One row for each block that holds something, the longest wait first."""
    oldest = func.min(Signature.requested_at)
    creators = func.sum(case((Signature.kind == "creator", 1), else_=0))
    rows = select(Signature.held_by, func.count(), creators, oldest).where(_HELD).group_by(Signature.held_by)
    return [Held(block or 0, n, petitions, at) for block, n, petitions, at in db.execute(rows.order_by(oldest))]


def count_held(db: Session, block_id: int | None = None) -> int:
    """By one block, or by all."""
    wanted = select(func.count()).select_from(Signature).where(_HELD)
    return db.scalar(wanted if block_id is None else wanted.where(Signature.held_by == block_id)) or 0


def held_of(db: Session, block_id: int, *, offset: int, most: int) -> Sequence[tuple[Signature, Petition]]:
    """What one block holds, oldest first."""
    rows = (
        select(Signature, Petition)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(_HELD, Signature.held_by == block_id)
        .order_by(Signature.id)
    )
    return [(signature, petition) for signature, petition in db.execute(rows.offset(offset).limit(most))]


# release


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did; ``last`` is where the next one goes on, None once there is nothing left to look at."""

    done: int
    kept: int
    last: int | None


def release(db: Session, keys: Keys, policy: PetitionPolicy, signature_id: int, *, by: int, now: datetime) -> Signature:
    """One held signature gets its letter and pends. Raises :class:`NotHeld`, or why it must stay."""
    petition, signature = lock_signature(db, signature_id)
    if signature.state != SignatureState.HELD:
        raise NotHeld
    facts = {"signature": signature.id, "block": signature.held_by}
    kept = ask_again(db, keys, policy, lock_standings(db, [petition.id]), [signature], now)
    if kept:
        raise kept[signature.id]
    audit.record(db, "petitions.release", SubjectRef("petition", petition.id), by=by, now=now, facts=facts)
    return signature


def release_some(
    db: Session, keys: Keys, policy: PetitionPolicy, block_id: int, *, after: int, by: int, now: datetime
) -> Step:
    """Release up to 500 of what a block holds, past the id ``after``. What no letter can help stays held."""
    locked = _lock_held(db, block_id, after)
    kept = ask_again(db, keys, policy, locked.standings, locked.signatures, now)
    step = Step(len(locked.signatures) - len(kept), len(kept), locked.last)
    if locked.signatures:
        facts = {"released": step.done, "kept": step.kept, "through": locked.signatures[-1].id}
        audit.record(db, "petitions.release-some", SubjectRef("petitions.block", block_id), by=by, now=now, facts=facts)
    return step


def ask_again(
    db: Session,
    keys: Keys,
    policy: PetitionPolicy,
    standings: Mapping[int, PetitionStanding],
    signatures: Sequence[Signature],
    now: datetime,
) -> Mapping[int, Refusal]:
    """Send each its letter, from which it pends anew; answers by id why others stay as they are.

    Petitions and signatures are locked, and none of these signatures has been counted.
    """
    mailboxes = _mailboxes(db, keys, signatures)
    room = mail.room_in_mailboxes(db, list(mailboxes.values()), now)
    kept: dict[int, Refusal] = {}
    letters: list[dict[str, Any]] = []
    counted: Counter[bytes] = Counter()
    for signature in signatures:
        mailbox = mailboxes.get(signature.id)
        if mailbox is None:
            kept[signature.id] = WordsGone(signature=signature.id)
            continue
        refusal = _refusal_to_ask(policy, standings[signature.petition_id], signature, room[mailbox], now)
        if refusal is not None:
            kept[signature.id] = refusal
            continue
        room[mailbox] -= 1
        counted[mailbox] += 1
        signature.state, signature.asked_at, signature.held_by = SignatureState.PENDING, now, None
        signature.letters += 1
        letters.append(mail.row(_template(signature), ("petitions.signature", signature.id), now))
    db.flush()
    mail.count_letters(db, counted, now)
    mail.queue(db, letters)
    return kept


def _refusal_to_ask(
    policy: PetitionPolicy, standing: PetitionStanding, signature: Signature, room: int, now: datetime
) -> Refusal | None:
    """Why a letter now would lead nowhere, or be one too many."""
    unusable = refusal_to_confirm(
        standing,
        state=SignatureState.PENDING,
        requested_at=signature.requested_at,
        asked_at=now,
        at=now,
        confirm_days=policy.confirm_days,
        grace_hours=policy.grace_hours,
    )
    if unusable is not None:
        return LeadsNowhere(signature=signature.id)
    if signature.letters >= policy.letters_a_signature:
        return LettersUsedUp(signature=signature.id, most=policy.letters_a_signature)
    return MailboxFull(signature=signature.id) if room <= 0 else None


def _template(signature: Signature) -> str:
    """A creator's secret link proves the address as well as a confirmation does."""
    return SUPPORT_LETTER if signature.kind == "creator" else CONFIRM_LETTER


def _mailboxes(db: Session, keys: Keys, signatures: Sequence[Signature]) -> Mapping[int, bytes]:
    """Whom each would be written to; those whose words were erased are left out."""
    places = {s.id: s for s in signatures}
    sealed = db.execute(select(Signer.signature_id, Signer.sealed).where(Signer.signature_id.in_(places)))
    found = {}
    for signature_id, words in sealed:
        signature = places[signature_id]
        signer = open_signer(keys, signature.petition_id, signature.address_key, words)
        found[signature_id] = mailbox_key(keys, read_address(signer["email"]))
    return found


# discard


def discard(db: Session, signature_id: int, reason: str, note: str, *, by: int, now: datetime) -> Signature:
    """Staff end a signature that counts, pends or is held; a petition whose creator was held stops with it.

    ``reason`` is one of the classes staff may choose, ``note`` their words. Raises
    :class:`AlreadyEnded`, :class:`CreatorSigned`.
    """
    petition, signature = lock_signature(db, signature_id)
    if signature.state not in ENDS:
        raise AlreadyEnded(signature=signature_id)
    is_creators = signature.kind == "creator"
    if is_creators and signature.state != SignatureState.HELD:
        raise CreatorSigned(signature=signature_id)
    if is_creators:
        _stop_unbegun(db, [petition.id], now)
    return invalidate(db, signature_id, reason=reason, by=by, now=now, note=note)


def discard_some(db: Session, block_id: int, reason: str, note: str, *, after: int, by: int, now: datetime) -> Step:
    """Discard up to 500 of what a block holds, past the id ``after``: none of it was ever counted."""
    locked = _lock_held(db, block_id, after)
    ids = [s.id for s in locked.signatures]
    unbegun = sorted({s.petition_id for s in locked.signatures if s.kind == "creator"})
    if not ids:
        return Step(0, 0, locked.last)
    _stop_unbegun(db, unbegun, now)
    ended = {"state": SignatureState.INVALIDATED, "ended_at": now, "end_reason": reason}
    db.execute(update(Signature).where(Signature.id.in_(ids)).values(**ended))
    db.execute(delete(Signer).where(Signer.signature_id.in_(ids)))
    facts = {"discarded": len(ids), "reason": reason, "through": ids[-1]} | ({"note": note} if note else {})
    audit.record(db, "petitions.discard-some", SubjectRef("petitions.block", block_id), by=by, now=now, facts=facts)
    if unbegun:
        touch(db, *(f"petition:{i}" for i in unbegun))
    return Step(len(ids), 0, locked.last)


def _stop_unbegun(db: Session, petition_ids: Sequence[int], now: datetime) -> None:
    """Petitions whose creators never got their secret link."""
    db.execute(
        update(Petition)
        .where(Petition.id.in_(petition_ids), Petition.state == PetitionState.PENDING)
        .values(state=PetitionState.STOPPED, stopped_at=now, updated_at=now)
    )


@dataclass(frozen=True, slots=True)
class _Locked:
    """The next step's petitions and held signatures; ``last`` as in :class:`Step`."""

    standings: Mapping[int, PetitionStanding]
    signatures: Sequence[Signature]
    last: int | None


def _lock_held(db: Session, block_id: int, after: int) -> _Locked:
    waiting = (
        select(Signature.id, Signature.petition_id)
        .where(_HELD, Signature.held_by == block_id, Signature.id > after)
        .order_by(Signature.id)
        .limit(A_STEP)
    )
    some = [(signature, petition) for signature, petition in db.execute(waiting)]
    standings = lock_standings(db, {petition for _signature, petition in some})
    locked = (
        select(Signature)
        .where(Signature.id.in_([signature for signature, _petition in some]), _HELD)
        .order_by(Signature.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return _Locked(standings, db.scalars(locked).all(), some[-1][0] if len(some) == A_STEP else None)
