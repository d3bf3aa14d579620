"""Who changed a thing, when and why, as the administration's pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import queries as audit
from app.core.subject import SubjectRef


class Change(NamedTuple):
    """One act on the record, in words for a colleague. ``by`` is empty for the clock and for commands."""

    at: datetime
    act: str
    by: str
    reason: str


def changes_to(db: Session, subject: SubjectRef, most: int = 5, *, but: str = "") -> Sequence[Change]:
    """The newest first; ``but``: an act that changes nothing."""
    entries = audit.newest_on(db, subject, most, but=but)
    names = names_of(db, (e.actor_id for e in entries))
    return [Change(e.at, e.act, names.get(e.actor_id or 0, ""), str(e.facts.get("reason", ""))) for e in entries]


def names_of(db: Session, ids: Iterable[int | None]) -> Mapping[int, str]:
    """Names of accounts, for staff's eyes; those that are unknown are missing."""
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    named = select(Account.id, Account.name).where(Account.id.in_(wanted), Account.name != "")  # erased ones have none
    return {row: name for row, name in db.execute(named)}
