"""Blocking a source, lifting the block, and blocking it again: what administrators decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import service as audit
from app.core.errors import BadField, Conflict, NotFound
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from petitions.identity import mailbox_key
from petitions.model.operation import Block
from petitions.rules.sources import masked, read_domain, read_network
from petitions.service.blocking import Blocklist

KINDS = {
    "network": _("A network"),
    "domain": _("A domain of email addresses"),
    "address": _("One email address"),
}


class AlreadyBlocked(Conflict):
    code = "already-blocked"
    title = _("This source is blocked already")
    message = _("Nothing was changed. Its block is in the list.")
    way_on = ("/admin/blocks", _("See the blocks"))


@dataclass(frozen=True)
class Source:
    """What a block is about: ``mailbox`` is the keyed digest of one address, whose ``pattern`` is masked."""

    kind: str
    pattern: str
    mailbox: bytes | None = None


def read_source(keys: Keys, kind: str, text: str) -> Source:
    """A source as typed. ValueError with a ``message`` says what is wrong with it."""
    match kind:
        case "network":
            return Source(kind, read_network(text))
        case "domain":
            return Source(kind, read_domain(text))
        case "address":
            address = read_address(text)
            return Source(kind, masked(address.display), mailbox_key(keys, address))
        case _other:
            raise BadField(_("Choose what to block."))


def block(db: Session, blocklist: Blocklist, source: Source, reason: str, *, by: int, now: datetime) -> Block:
    """Hold back what comes from this source from now on. Raises :class:`AlreadyBlocked`."""
    if _standing(db, source.kind, source.pattern, source.mailbox) is not None:
        raise AlreadyBlocked
    new = Block(kind=source.kind, pattern=source.pattern, mailbox=source.mailbox, reason=reason, by_id=by, at=now)
    db.add(new)
    db.flush()
    blocklist.forget(db)
    facts = {"kind": source.kind, "reason": reason}
    audit.record(db, "petitions.block", SubjectRef("petitions.block", new.id), by=by, now=now, facts=facts)
    return new


def lift(db: Session, blocklist: Blocklist, block_id: int, *, by: int, now: datetime) -> Block:
    """New requests pass again; what is held already waits for its release. Twice changes nothing."""
    found = _locked(db, block_id)
    if found.lifted_at is None:
        found.lifted_at = now
        _store(db, blocklist, found, "petitions.lift-block", by=by, now=now)
    return found


def block_again(db: Session, blocklist: Blocklist, block_id: int, *, by: int, now: datetime) -> Block:
    """As before it was lifted. Twice changes nothing; raises :class:`AlreadyBlocked` where a newer block stands."""
    found = _locked(db, block_id)
    if found.lifted_at is not None:
        if _standing(db, found.kind, found.pattern, found.mailbox) is not None:
            raise AlreadyBlocked
        found.lifted_at = None
        _store(db, blocklist, found, "petitions.block-again", by=by, now=now)
    return found


def blocks(db: Session) -> tuple[Sequence[Block], Sequence[Block]]:
    """Those that stand and those that were lifted, newest first."""
    rows = db.scalars(select(Block).order_by(Block.id.desc())).all()
    return [b for b in rows if b.lifted_at is None], [b for b in rows if b.lifted_at is not None]


def names_of(db: Session, account_ids: Iterable[int | None]) -> Mapping[int, str]:
    """Members of staff, by account."""
    wanted = {i for i in account_ids if i is not None}
    rows = db.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {account: name for account, name in rows}


def _standing(db: Session, kind: str, pattern: str, mailbox: bytes | None) -> int | None:
    """The block of this source that holds now; two addresses may look alike once they are masked."""
    same = Block.mailbox == mailbox if mailbox else Block.pattern == pattern
    return db.scalar(select(Block.id).where(Block.kind == kind, Block.lifted_at.is_(None), same).limit(1))


def _locked(db: Session, block_id: int) -> Block:
    found = db.scalar(select(Block).where(Block.id == block_id).with_for_update(key_share=True))
    if found is None:
        raise NotFound
    return found


def _store(db: Session, blocklist: Blocklist, found: Block, act: str, *, by: int, now: datetime) -> None:
    db.flush()
    blocklist.forget(db)
    audit.record(db, act, SubjectRef("petitions.block", found.id), by=by, now=now, facts={"kind": found.kind})
