"""Mailboxes that get no letters, or no news, because their server, their owner or staff said so.

A failure counts against the address as it was written: ``omar+x@…`` that does not exist says
nothing about ``omar@…``, and a stranger who types it must not be able to silence him. What an
owner or staff say holds for the mailbox, whatever its spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Table, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.core.people.addresses import Address
from app.core.security.keys import CannotUnseal, Keys
from app.mail.mailbox import address_of, mailbox_key, spelling_key
from app.mail.model import Lane, Suppression

#: what a letter's row says when it was not sent for this reason
SUPPRESSED = "suppressed"
SOFT_MOST = 5
SOFT_WITHIN = timedelta(days=14)
#: counted failures and lifted rows; an address that failed, which may have found another owner
FORGET_COUNTS_AFTER, FORGET_FAILURES_AFTER = timedelta(days=30), timedelta(days=365)
_TABLE: Table = Suppression.__table__  # type: ignore[assignment]


class Kind(StrEnum):
    HARD = "hard"  # there is no such mailbox
    SOFT = "soft"  # it failed again and again
    COMPLAINT = "complaint"  # its owner called a letter spam: no more news
    STAFF = "staff"


#: a stronger reason is never replaced by a weaker one
_STRENGTH = {Kind.COMPLAINT: 0, Kind.SOFT: 1, Kind.HARD: 2, Kind.STAFF: 3}


def is_silenced(db: Session, keys: Keys, address: str, lane: int) -> bool:
    """Whether a letter of this lane stays away from this address: one query."""
    known = address_of(address)
    named = {mailbox_key(keys, known), spelling_key(keys, known)}
    kinds = db.scalars(select(Suppression.kind).where(Suppression.mailbox.in_(named), Suppression.since.is_not(None)))
    return any(kind != Kind.COMPLAINT or lane == Lane.NEWS for kind in kinds)


def note_hard(db: Session, keys: Keys, address: str, reason: str, now: datetime) -> None:
    """There is no such mailbox: no more letters to it."""
    known = address_of(address)
    _stop(_locked(db, keys, spelling_key(keys, known), known, now), Kind.HARD, reason, now)


def note_soft(db: Session, keys: Keys, address: str, reason: str, now: datetime) -> int:
    """It failed once more; answers how often within 14 days. The fifth time stops letters."""
    known = address_of(address)
    row = _locked(db, keys, spelling_key(keys, known), known, now)
    if row.since is not None:
        return row.count
    if row.kind != Kind.SOFT or now - row.first_at > SOFT_WITHIN:
        row.kind, row.count = Kind.SOFT, 0
    if row.count == 0:
        row.first_at = now
    row.count, row.last_at, row.reason = row.count + 1, now, reason
    if row.count >= SOFT_MOST:
        row.since = now
    db.flush()
    return row.count


def note_complaint(db: Session, keys: Keys, address: str, reason: str, now: datetime) -> None:
    """Its owner called a letter spam: no more news to the mailbox."""
    known = address_of(address)
    _stop(_locked(db, keys, mailbox_key(keys, known), known, now), Kind.COMPLAINT, reason, now)


def stop_by_hand(db: Session, keys: Keys, address: Address, reason: str, now: datetime) -> Suppression:
    """Staff stop all letters to a mailbox."""
    row = _locked(db, keys, mailbox_key(keys, address), address, now)
    _stop(row, Kind.STAFF, reason, now)
    return row


def lift(db: Session, mailbox: bytes, now: datetime) -> Suppression | None:
    """Letters go there again; None where none were stopped. It can be undone for thirty days."""
    row = _known(db, mailbox)
    if row is None or row.since is None:
        return None
    row.since, row.count, row.last_at = None, 0, now
    db.flush()
    return row


def stop_again(db: Session, mailbox: bytes, now: datetime) -> Suppression | None:
    """Undo a lifting; None where there is nothing to undo."""
    row = _known(db, mailbox)
    if row is None or row.since is not None:
        return None
    row.since = row.last_at = now
    db.flush()
    return row


def found(db: Session, keys: Keys, address: Address) -> Sequence[Suppression]:
    """What is known of an address, stopped or only counted."""
    named = {mailbox_key(keys, address), spelling_key(keys, address)}
    return db.scalars(select(Suppression).where(Suppression.mailbox.in_(named)).order_by(Suppression.last_at)).all()


def listed(db: Session, *, offset: int, most: int) -> tuple[Sequence[Suppression], int]:
    """Stopped mailboxes, the newest first, and how many there are."""
    newest = select(Suppression).where(Suppression.since.is_not(None))
    ordered = newest.order_by(Suppression.since.desc(), Suppression.mailbox)
    return db.scalars(ordered.offset(offset).limit(most)).all(), count_stopped(db)


def count_stopped(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Suppression).where(Suppression.since.is_not(None))) or 0


def masked_address(keys: Keys, row: Suppression) -> str:
    """``o…@example.org``; empty where it was sealed with another secret."""
    try:
        address = keys.unseal(row.sealed, bound_to(row.mailbox))["email"]
    except CannotUnseal:
        return ""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def forget_old(db: Session, now: datetime) -> None:
    """Counts and liftings go after thirty days, failures after a year; complaints and staff's word stay."""
    idle = and_(Suppression.since.is_(None), Suppression.last_at < now - FORGET_COUNTS_AFTER)
    failed = and_(Suppression.kind.in_((Kind.HARD, Kind.SOFT)), Suppression.last_at < now - FORGET_FAILURES_AFTER)
    db.execute(delete(Suppression).where(or_(idle, failed)))


def _stop(row: Suppression, kind: Kind, reason: str, now: datetime) -> None:
    row.last_at = now
    if row.since is not None and _STRENGTH[Kind(row.kind)] >= _STRENGTH[kind]:
        row.count += 1
        return
    row.since, row.kind, row.reason, row.count = now, kind, reason[:200], row.count + 1


def _locked(db: Session, keys: Keys, mailbox: bytes, address: Address, now: datetime) -> Suppression:
    """The mailbox's row, made where there is none, so that two reports at once find one."""
    sealed = keys.seal({"email": address.display}, bound_to=bound_to(mailbox))
    new = {"mailbox": mailbox, "kind": Kind.SOFT, "sealed": sealed, "reason": "", "count": 0}
    db.execute(upsert(db, _TABLE).values(**new, first_at=now, last_at=now, since=None).on_conflict_do_nothing())
    row = _known(db, mailbox)
    assert row is not None
    return row


def _known(db: Session, mailbox: bytes) -> Suppression | None:
    locked = select(Suppression).where(Suppression.mailbox == mailbox).with_for_update()
    return db.scalars(locked.execution_options(populate_existing=True)).one_or_none()


def bound_to(mailbox: bytes) -> bytes:
    """What a sealed address is bound to."""
    return b"mailbox" + mailbox
