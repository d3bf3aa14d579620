"""Writing the record, and checking that nobody changed it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.model import AuditEntry, AuditHead
from app.core.subject import SubjectRef

START = b"\0" * 32


def record(
    db: Session, act: str, subject: SubjectRef, *, by: int | None, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """Append one act. ``facts`` hold codes and row numbers, never a name or an address. Call it last: it locks the head."""
    locked = select(AuditHead).where(AuditHead.id == 1).with_for_update(key_share=True)
    head = db.scalars(locked.execution_options(populate_existing=True)).one()  # made by the first migration
    entry = AuditEntry(
        id=head.entries + 1,
        at=now,
        actor_id=by,
        act=act,
        subject_kind=subject.kind,
        subject_id=subject.id,
        facts=dict(facts or {}),
        previous=head.digest,
    )
    entry.digest = digest_of(entry)
    db.add(entry)
    head.entries, head.digest = entry.id, entry.digest
    db.flush()


def digest_of(entry: AuditEntry) -> bytes:
    """SHA-256 over the previous link and everything the entry says."""
    said = [
        entry.id,
        int(entry.at.timestamp() * 1_000_000),
        entry.actor_id,
        entry.act,
        entry.subject_kind,
        entry.subject_id,
        entry.facts,
    ]
    return hashlib.sha256(entry.previous + msgspec.json.encode(said, order="deterministic")).digest()


def first_broken_link(db: Session) -> int | None:
    """The id of the first entry that is not what was recorded, or None; 0 for a missing tail."""
    previous, count = START, 0
    for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000)):
        count += 1
        if entry.id != count or entry.previous != previous or entry.digest != digest_of(entry):
            return entry.id
        previous = entry.digest
    head = db.get(AuditHead, 1)
    return 0 if head is not None and (head.entries, head.digest) != (count, previous) else None
