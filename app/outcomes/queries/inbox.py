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

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.core.db import Instant
from app.core.freshness import SITE
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.departments.model import Department, Officer
from app.outcomes.model import AnswerDraft, CardRead, Handing, Referral, Support
from app.outcomes.rules.referrals import OWED, ReferralState

A_PAGE = 50
#: the kind of what is made up to practise with, all of which an index begins with
MADE_UP = "sandbox"
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


SETTLED = frozenset({Show.ANSWERED, Show.CLOSED})
_STATES: Mapping[Show, Sequence[ReferralState]] = {
    Show.NEW: (ReferralState.RECEIVED,),
    Show.RETURNED: (ReferralState.RETURNED,),
    Show.ANSWERED: (ReferralState.ANSWERED,),
    Show.CLOSED: (ReferralState.CLOSED,),
}
_PARTS: Mapping[str, Show] = {state: show for show, states in _STATES.items() for state in states}
_REAL = Referral.sandbox.is_(False)
#: columns rather than mapped attributes: statements of lists are built once, see :mod:`app.core.ready`
R = Referral.__table__.c
_H = Handing.__table__.c
_M = Referral.__table__.alias("made_up").c
_DEPARTMENT, _NOW = ready.given("department", BigInteger()), ready.given("now", Instant())
_END, _OFFSET, _MOST = (ready.given(name, BigInteger()) for name in ("end", "offset", "most"))


class Matter(NamedTuple):
    """What a list shows of a referral. Its fields are columns, but for the last four."""

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
    #: what whoever sees to it is called
    owner: str | None
    #: who wrote last at its answer (nobody where a program did), how often it was kept, and since when it waits for a
    #: second person
    written_by: int | None
    revision: int | None
    waits_since: datetime | None


_D, _A = AnswerDraft.__table__.c, Account.__table__.c
COLUMNS = (*(R[name] for name in Matter._fields[:-4]), _A.name, _D.by_id, _D.revision, _D.waits_since)


class Office(NamedTuple):
    """The department an officer acts for, and the training cards that they have read."""

    id: int
    name: str
    cards: frozenset[str]


@dataclass(frozen=True)
class Desk:
    """Whose inbox it is, seen by whom and when."""

    department_id: int
    account_id: int
    now: datetime


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

    def of(self, account_id: int) -> Mapping[Show, int]:
        """How many each part has; 0 for what is not owed any more."""
        found = dict.fromkeys(Show, 0) | {Show.WAITING: self.waiting, Show.SUPPORTING: self.supporting}
        for counted in self.owed:
            for show in _parts_of(counted, account_id):
                found[show] += counted.many
        return found


def _parts_of(counted: Counted, account_id: int) -> Iterable[Show]:
    yield Show.ALL
    if counted.urgency:
        yield Show(counted.urgency)
    if (state := _PARTS.get(counted.state)) is not None:
        yield state
    if counted.assignee_id == account_id:
        yield Show.MINE
    elif counted.assignee_id is None:
        yield Show.NOBODY


def office_of(db: Session, account_id: int) -> Office | None:
    """Whose inbox an officer opens."""

    def build() -> Select[*tuple[Any, ...]]:
        joined = Department.__table__.join(Officer.__table__, Officer.department_id == Department.id)
        joined = joined.outerjoin(CardRead.__table__, CardRead.account_id == Officer.account_id)
        columns = (Department.id, Department.name, CardRead.card)
        return select(*columns).select_from(joined).where(Officer.account_id == ready.given("account", BigInteger()))

    rows = ready.rows(db, "inbox office", build, {"account": account_id})
    return Office(rows[0][0], rows[0][1], frozenset(row[2] for row in rows if row[2])) if rows else None


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
            if kind in ("department", "desk") and is_whole(number):
                self._kept.pop(int(number), None)
        if SITE in keys:
            self._kept.clear()


def settled(db: Session, desk: Desk, state: ReferralState) -> int:
    """How many have this state; a made-up one among them counts too, as the index alone is read."""

    def build() -> Select[*tuple[Any, ...]]:
        return select(func.count()).where(R.department_id == _DEPARTMENT, R.state == state)

    return ready.one(db, ("inbox settled", state), build, {"department": desk.department_id}) or 0


def practised(db: Session, desk: Desk, kind: str) -> Matter | None:
    """The newest of this made-up kind that the department began to practise with, unless it was handed on."""

    def build() -> Select[*tuple[Any, ...]]:
        begun = exists().where(_H.referral_id == R.id, _H.from_id.is_(None), _H.to_id == _DEPARTMENT)
        made_up = (R.subject_kind == kind, R.sandbox.is_(True), begun)
        return (
            select(*COLUMNS).select_from(_beside_it(Referral.__table__)).where(*made_up).order_by(R.id.desc()).limit(1)
        )

    found = ready.rows(db, ("inbox practised", kind), build, {"department": desk.department_id})
    matter = Matter._make(found[0]) if found else None
    return matter if matter is not None and matter.department_id == desk.department_id else None


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
    if offset and show in SETTLED:  # there are many, of which as a rule all have a day
        found = ready.rows(db, ("inbox", show, "dated"), partial(_further_on, show), values)
        if len(found) == most:
            return [Matter._make(row) for row in found]
    return [Matter._make(row) for row in ready.rows(db, ("inbox", show), partial(_statement, show), values)]


def _further_on(show: Show) -> Select[Any]:
    """A page that no matter without a day stands on: passed over are entries of the index alone."""
    (state,) = _STATES[show]
    dated, _undated = _stretches(show, state, newest_first=True)
    chosen = dated.limit(_MOST).offset(_OFFSET).subquery()
    order = (chosen.c.due_at.desc(), chosen.c.id.desc())
    return (
        select(*COLUMNS).select_from(_beside_it(chosen.join(Referral.__table__, R.id == chosen.c.id))).order_by(*order)
    )


def _statement(show: Show) -> Select[Any]:
    if show in (Show.WAITING, Show.SUPPORTING):
        return _beside(show, *COLUMNS).order_by(R.due_at, R.id).offset(_OFFSET).limit(_MOST)
    newest_first = show in SETTLED
    parts = [
        select(*part.subquery().c)  # SQLite takes an order inside a union only there
        for state in _STATES.get(show, sorted(OWED))
        for part in _stretches(show, state, newest_first=newest_first)
    ]
    rows = union_all(*parts).subquery()
    order = (rows.c.due_at.desc(), rows.c.id.desc()) if newest_first else (rows.c.due_at, rows.c.id)
    chosen = select(rows).order_by(rows.c.undated, *order).offset(_OFFSET).limit(_MOST).subquery()
    order = (chosen.c.due_at.desc(), chosen.c.id.desc()) if newest_first else (chosen.c.due_at, chosen.c.id)
    table = _beside_it(chosen.join(Referral.__table__, R.id == chosen.c.id))
    return select(*COLUMNS).select_from(table).order_by(chosen.c.undated, *order)


def _stretches(show: Show, state: ReferralState, *, newest_first: bool) -> Iterable[Select[Any]]:
    """Those with a day in its order, then those without; of each as many as the page ends with."""
    own = (R.department_id == _DEPARTMENT, R.state == state, _is_real(show), *_only(show))
    dated = select(R.id, literal(0).label("undated"), R.due_at).where(*own, R.due_at.is_not(None))
    yield dated.order_by(*((R.due_at.desc(), R.id.desc()) if newest_first else (R.due_at, R.id))).limit(_END)
    if show not in (Show.WEEK, Show.LATE):
        no_day = null().cast(Instant).label("due_at")
        undated = select(R.id, literal(1).label("undated"), no_day).where(*own, R.due_at.is_(None))
        yield undated.order_by(R.id.desc() if newest_first else R.id).limit(_END)


def _is_real(show: Show) -> ColumnElement[bool]:
    """What is made up is a handful: thousands that are settled are passed over without looking at their rows."""
    if show not in SETTLED:
        return R.sandbox.is_(False)
    return R.id.not_in(select(_M.id).where(_M.subject_kind == MADE_UP, _M.sandbox.is_(True)))


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
        joined = _beside_it(Referral.__table__)
        return (
            select(*columns)
            .select_from(joined)
            .where(*owed, R.department_id == _DEPARTMENT, _D.waits_since.is_not(None))
        )
    joined = _beside_it(Referral.__table__.join(Support.__table__, Support.referral_id == R.id))
    return select(*columns).select_from(joined).where(*owed, Support.department_id == _DEPARTMENT)


def _beside_it(referrals: Any) -> Any:
    """With the officer who sees to each, and what is being written."""
    drafts, accounts = AnswerDraft.__table__, Account.__table__
    return referrals.outerjoin(drafts, _D.referral_id == R.id).outerjoin(accounts, _A.id == R.assignee_id)


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
