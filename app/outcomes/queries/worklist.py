"""A department's matters for its programs: by when something last happened to them, page after page.

Whoever asks again with the last place sees what has changed since, and nothing twice that has not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from app.outcomes.model import Answer, AnswerDraft, DeskNote, DueChange, Handing, Referral

A_PAGE = 50
#: of a matter itself, what says when something happened to it
_OWN = (Referral.received_at, Referral.accepted_at, Referral.answered_at, Referral.closed_at)
#: of what hangs on it
_BESIDE: tuple[Any, ...] = (Handing.at, DueChange.at, Answer.at, Answer.withdrawn_at, AnswerDraft.at, DeskNote.at)


class Place(NamedTuple):
    """After this matter, as it stood at this instant."""

    at: datetime
    id: int


@dataclass(frozen=True)
class Work:
    """Which matters: of one department, in these states, changed since. ``practice``: those made up, instead."""

    department_id: int
    states: Collection[str]
    since: datetime | None = None
    practice: bool = False


class Changed(NamedTuple):
    """A matter, and when something last happened to it."""

    row: Referral
    at: datetime


def page(db: Session, work: Work, after: Place | None, *, most: int = A_PAGE) -> Sequence[Changed]:
    """What has been left alone longest comes first."""
    at = _happened(work).subquery()
    wanted = select(Referral, at.c.at).join(at, at.c.id == Referral.id)
    wanted = wanted.where(Referral.state.in_(sorted(work.states)), Referral.sandbox.is_(work.practice))
    if work.since is not None:
        wanted = wanted.where(at.c.at >= work.since)
    if after is not None:
        wanted = wanted.where(or_(at.c.at > after.at, and_(at.c.at == after.at, Referral.id > after.id)))
    rows = db.execute(wanted.order_by(at.c.at, Referral.id).limit(most))
    return [Changed(row, at) for row, at in rows]


def last_change(db: Session, referral: Referral) -> datetime:
    """Of one matter."""
    at = _happened(Work(referral.department_id or 0, ())).subquery()
    found: datetime = db.scalars(select(at.c.at).where(at.c.id == referral.id)).one()
    return found


def _happened(work: Work) -> Select[Any]:
    """By matter of the department, the last instant of everything that it has."""
    mine = Referral.department_id == work.department_id
    own = [select(Referral.id.label("id"), at.label("at")).where(mine, at.is_not(None)) for at in _OWN]
    beside = [
        select(Referral.id.label("id"), at.label("at"))
        .join(Referral, Referral.id == at.class_.referral_id)
        .where(mine, at.is_not(None))
        for at in _BESIDE
    ]
    every = union_all(*own, *beside).subquery()
    return select(every.c.id, func.max(every.c.at).label("at")).group_by(every.c.id)
