"""A department's inbox: what it owes by its day, in parts that an index has, one page at a time.

A part is read as stretches: one for each state with its day, then one without. Each is walked in the order
of an index for as many rows as the page needs, however many there are.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, case, func, literal, null, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.core.db import Instant
from app.core.freshness import SITE
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
#: columns rather than mapped attributes: statements of lists are built once, see :mod:`app.core.ready`
R = Referral.__table__.c
_DEPARTMENT, _NOW = ready.given("department", BigInteger()), ready.given("now", Instant())
_END, _OFFSET, _MOST = (ready.given(name, BigInteger()) for name in ("end", "offset", "most"))


class Matter(NamedTuple):
    """What a list shows of a referral. Its fields are columns."""

    id: int
    subject_kind: str
    subject_id: int
    cause: str
    department_id: int
    state: str
    sandbox: bool
    due_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    assignee_id: int | None
    ruled: bool

    @classmethod
    def of(cls, referral: Referral) -> Matter:
        return cls(*(getattr(referral, name) for name in cls._fields))


COLUMNS = tuple(R[name] for name in Matter._fields)


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
    waits, helps = (
        ready.one(db, ("inbox number", show), partial(_beside, show, func.count()), {"department": desk.department_id})
        for show in (Show.WAITING, Show.SUPPORTING)
    )
    return Numbers([Counted(*row) for row in db.execute(counted.group_by(*columns))], waits, helps)


class Shelf:
    """The numbers of every department's inbox in one process, kept for a moment: counting costs more than the page.

    What this process changes is counted anew at once, what others change after ``SECONDS``.
    """

    SECONDS, MOST = 2.0, 2_000

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Numbers]] = {}

    def of(self, db: Session, desk: Desk) -> Numbers:
        until, known = self._kept.get(desk.department_id, (0.0, None))
        if known is not None and time.monotonic() < until:
            return known
        if len(self._kept) >= self.MOST:
            self._kept.clear()
        counted = numbers(db, desk)
        self._kept[desk.department_id] = (time.monotonic() + self.SECONDS, counted)
        return counted

    def hear(self, keys: frozenset[str]) -> None:
        """Something of these departments' has changed; of any where it is not said which."""
        for key in keys:
            kind, _colon, number = key.partition(":")
            if kind in ("department", "desk") and number.isdigit():
                self._kept.pop(int(number), None)
        if SITE in keys:
            self._kept.clear()


def settled(db: Session, desk: Desk, state: ReferralState) -> int:
    """How many have this state; a made-up one among them counts too, as the index alone is read."""
    of_state = select(func.count()).where(Referral.department_id == desk.department_id, Referral.state == state)
    return db.scalar(of_state) or 0


def page(db: Session, desk: Desk, show: Show, *, offset: int, most: int = A_PAGE) -> list[Matter]:
    """The most urgent first; of what is settled the newest."""
    values = {
        "department": desk.department_id,
        "account": desk.account_id,
        "now": desk.now,
        "soon": desk.now + SOON,
        "end": offset + most,
        "offset": offset,
        "most": most,
    }
    return [Matter._make(row) for row in ready.rows(db, ("inbox", show), partial(_statement, show), values)]


def _statement(show: Show) -> Select[Any]:
    if show in (Show.WAITING, Show.SUPPORTING):
        return _beside(show, *COLUMNS).order_by(R.due_at, R.id).offset(_OFFSET).limit(_MOST)
    newest_first = show in (Show.ANSWERED, Show.CLOSED)
    parts = [
        select(*part.subquery().c)  # SQLite takes an order inside a union only there
        for state in _STATES.get(show, sorted(OWED))
        for part in _stretches(show, state, newest_first=newest_first)
    ]
    rows = union_all(*parts).subquery()
    order = (rows.c.due_at.desc(), rows.c.id.desc()) if newest_first else (rows.c.due_at, rows.c.id)
    chosen = select(rows).order_by(rows.c.undated, *order).offset(_OFFSET).limit(_MOST).subquery()
    order = (chosen.c.due_at.desc(), chosen.c.id.desc()) if newest_first else (chosen.c.due_at, chosen.c.id)
    table = chosen.join(Referral.__table__, R.id == chosen.c.id)
    return select(*COLUMNS).select_from(table).order_by(chosen.c.undated, *order)


def _stretches(show: Show, state: ReferralState, *, newest_first: bool) -> Iterable[Select[Any]]:
    """Those with a day in its order, then those without; of each as many as the page ends with."""
    own = (R.department_id == _DEPARTMENT, R.state == state, R.sandbox.is_(False), *_only(show))
    dated = select(R.id, literal(0).label("undated"), R.due_at).where(*own, R.due_at.is_not(None))
    yield dated.order_by(*((R.due_at.desc(), R.id.desc()) if newest_first else (R.due_at, R.id))).limit(_END)
    if show not in (Show.WEEK, Show.LATE):
        no_day = null().cast(Instant).label("due_at")
        undated = select(R.id, literal(1).label("undated"), no_day).where(*own, R.due_at.is_(None))
        yield undated.order_by(R.id.desc() if newest_first else R.id).limit(_END)


def _only(show: Show) -> Iterable[ColumnElement[bool]]:
    match show:
        case Show.LATE:
            yield R.due_at <= _NOW
        case Show.WEEK:
            yield R.due_at > _NOW
            yield R.due_at <= ready.given("soon", Instant())
        case Show.MINE:
            yield R.assignee_id == ready.given("account", BigInteger())
        case Show.NOBODY:
            yield R.assignee_id.is_(None)


def _beside(show: Show, *columns: Any) -> Select[Any]:
    """Of the parts that begin at another table, both small."""
    owed = (R.sandbox.is_(False), R.state.in_(sorted(OWED)))
    if show == Show.WAITING:
        table, mine = AnswerDraft.__table__, [R.department_id == _DEPARTMENT, AnswerDraft.waits_since.is_not(None)]
    else:
        table, mine = Support.__table__, [Support.department_id == _DEPARTMENT]
    joined = Referral.__table__.join(table, table.c.referral_id == R.id)
    return select(*columns).select_from(joined).where(*owed, *mine)


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
