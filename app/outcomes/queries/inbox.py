"""A department's inbox: what it owes by its day, in parts that an index has, one page at a time.

A part is read as stretches: one for each state with its day, then one without. Each is walked in the order
of an index for as many rows as the page needs, however many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, null, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.db import Instant
from app.core.subject import SubjectRef
from app.outcomes.model import AnswerDraft, Referral, Support
from app.outcomes.rules.referrals import OWED, ReferralState

A_PAGE = 50
SOON = timedelta(days=7)


class Show(StrEnum):
    """A part of the inbox. All but the last three are of what is owed."""

    ALL = "all"
    WEEK = "week"
    LATE = "late"
    NEW = "new"
    WAITING = "waiting"  # a draft waits for a second person
    RETURNED = "returned"
    MINE = "mine"
    NOBODY = "nobody"
    SUPPORTING = "supporting"
    ANSWERED = "answered"
    CLOSED = "closed"


_STATES: Mapping[Show, Sequence[ReferralState]] = {
    Show.NEW: (ReferralState.RECEIVED,),
    Show.RETURNED: (ReferralState.RETURNED,),
    Show.ANSWERED: (ReferralState.ANSWERED,),
    Show.CLOSED: (ReferralState.CLOSED,),
}
_REAL = Referral.sandbox.is_(False)


@dataclass(frozen=True)
class Desk:
    """Whose inbox it is, seen by whom and when."""

    department_id: int
    account_id: int
    now: datetime


class Written(NamedTuple):
    """What stands in the draft of a matter's answer."""

    by_id: int
    waits_since: datetime | None


class Counted(NamedTuple):
    """So many matters of one state that are equally urgent and one officer's."""

    state: str
    urgency: str
    assignee_id: int | None
    many: int


@dataclass(frozen=True)
class Numbers:
    """How many matters are owed, by everything an inbox is divided by; ``waiting``: drafts for a second person."""

    owed: Sequence[Counted]
    waiting: int
    supporting: int

    def of(self, show: Show, account_id: int) -> int:
        """How many this part has; 0 for what is not owed any more."""
        match show:
            case Show.WAITING:
                return self.waiting
            case Show.SUPPORTING:
                return self.supporting
            case Show.ANSWERED | Show.CLOSED:
                return 0
        return sum(c.many for c in self.owed if _belongs(c, show, account_id))


def _belongs(counted: Counted, show: Show, account_id: int) -> bool:
    match show:
        case Show.WEEK | Show.LATE:
            return counted.urgency == show
        case Show.NEW | Show.RETURNED:
            return counted.state in _STATES[show]
        case Show.MINE:
            return counted.assignee_id == account_id
        case Show.NOBODY:
            return counted.assignee_id is None
    return True


def numbers(db: Session, desk: Desk) -> Numbers:
    """Of everything owed, in one walk."""
    urgency = case((Referral.due_at <= desk.now, Show.LATE), (Referral.due_at <= desk.now + SOON, Show.WEEK), else_="")
    columns = (Referral.state, urgency, Referral.assignee_id)
    counted = select(*columns, func.count()).where(
        Referral.department_id == desk.department_id, Referral.state.in_(OWED), _REAL
    )
    waits = _ids(desk, Show.WAITING).with_only_columns(func.count()).order_by(None)
    helps = _ids(desk, Show.SUPPORTING).with_only_columns(func.count()).order_by(None)
    return Numbers(
        [Counted(*row) for row in db.execute(counted.group_by(*columns))],
        db.scalar(waits) or 0,
        db.scalar(helps) or 0,
    )


def settled(db: Session, desk: Desk, state: ReferralState) -> int:
    """How many have this state; a made-up one among them counts too, as the index alone is read."""
    of_state = select(func.count()).where(Referral.department_id == desk.department_id, Referral.state == state)
    return db.scalar(of_state) or 0


def page(db: Session, desk: Desk, show: Show, *, offset: int, most: int = A_PAGE) -> Sequence[Referral]:
    """The most urgent first; of what is settled the newest."""
    if show in (Show.WAITING, Show.SUPPORTING):
        ids = list(db.scalars(_ids(desk, show).offset(offset).limit(most)))
    else:
        ids = _walked(db, desk, show, offset, most)
    found = {r.id: r for r in db.scalars(select(Referral).where(Referral.id.in_(ids)))} if ids else {}
    return [found[i] for i in ids]


def _walked(db: Session, desk: Desk, show: Show, offset: int, most: int) -> list[int]:
    newest_first = show in (Show.ANSWERED, Show.CLOSED)
    parts = [
        select(*part.subquery().c)  # SQLite takes an order inside a union only there
        for state in _STATES.get(show, sorted(OWED))
        for part in _stretches(desk, show, state, offset + most, newest_first=newest_first)
    ]
    rows = union_all(*parts).subquery()
    order = (rows.c.due_at.desc(), rows.c.id.desc()) if newest_first else (rows.c.due_at, rows.c.id)
    return list(db.scalars(select(rows.c.id).order_by(rows.c.undated, *order).offset(offset).limit(most)))


def _stretches(
    desk: Desk, show: Show, state: ReferralState, most: int, *, newest_first: bool
) -> Iterable[Select[tuple[int, int, datetime]]]:
    """Those with a day in its order, then those without."""
    own = (Referral.department_id == desk.department_id, Referral.state == state, _REAL, *_only(desk, show))
    dated = select(Referral.id, literal(0).label("undated"), Referral.due_at).where(*own, Referral.due_at.is_not(None))
    order = (Referral.due_at.desc(), Referral.id.desc()) if newest_first else (Referral.due_at, Referral.id)
    yield dated.order_by(*order).limit(most)  # type: ignore[misc]
    if show not in (Show.WEEK, Show.LATE):
        no_day = null().cast(Instant).label("due_at")
        undated = select(Referral.id, literal(1).label("undated"), no_day).where(*own, Referral.due_at.is_(None))
        yield undated.order_by(Referral.id.desc() if newest_first else Referral.id).limit(most)  # type: ignore[misc]


def _only(desk: Desk, show: Show) -> Iterable[ColumnElement[bool]]:
    match show:
        case Show.LATE:
            yield Referral.due_at <= desk.now
        case Show.WEEK:
            yield Referral.due_at > desk.now
            yield Referral.due_at <= desk.now + SOON
        case Show.MINE:
            yield Referral.assignee_id == desk.account_id
        case Show.NOBODY:
            yield Referral.assignee_id.is_(None)


def _ids(desk: Desk, show: Show) -> Select[int]:
    """Of the parts that begin at another table, both small."""
    wanted: Select[int] = select(Referral.id).where(_REAL, Referral.state.in_(OWED))  # type: ignore[assignment]
    if show == Show.WAITING:
        wanted = wanted.join(AnswerDraft, AnswerDraft.referral_id == Referral.id).where(
            Referral.department_id == desk.department_id, AnswerDraft.waits_since.is_not(None)
        )
    else:
        wanted = wanted.join(Support, Support.referral_id == Referral.id).where(
            Support.department_id == desk.department_id
        )
    return wanted.order_by(Referral.due_at, Referral.id)


def drafts(db: Session, referral_ids: Sequence[int]) -> Mapping[int, Written]:
    """By referral, who wrote last at its answer and since when that waits."""
    wanted = select(AnswerDraft.referral_id, AnswerDraft.by_id, AnswerDraft.waits_since)
    rows = db.execute(wanted.where(AnswerDraft.referral_id.in_(referral_ids))) if referral_ids else ()
    return {row.referral_id: Written(row.by_id, row.waits_since) for row in rows}


def names(db: Session, account_ids: Iterable[int | None]) -> Mapping[int, str]:
    """What colleagues are called."""
    wanted = {i for i in account_ids if i is not None}
    rows = db.execute(select(Account.id, Account.name).where(Account.id.in_(wanted))) if wanted else ()
    return {i: name for i, name in rows}


def on_desk(db: Session, department_id: int, subjects: Collection[SubjectRef]) -> Mapping[SubjectRef, int]:
    """Of these subjects, the newest referral of each that this department answers or helps with."""
    if not subjects:
        return {}
    helps = select(Support.referral_id).where(Support.department_id == department_id)
    wanted = select(Referral.subject_kind, Referral.subject_id, func.max(Referral.id)).where(
        tuple_(Referral.subject_kind, Referral.subject_id).in_([(s.kind, s.id) for s in sorted(subjects)]),
        or_(Referral.department_id == department_id, Referral.id.in_(helps)),
    )
    rows = db.execute(wanted.group_by(Referral.subject_kind, Referral.subject_id))
    return {SubjectRef(kind, i): referral for kind, i, referral in rows}
