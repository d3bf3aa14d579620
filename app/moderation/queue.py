"""The desk's queue: what waits across all kinds of content, by columns and by index, one page at a time.

Rooms are not asked here: a case carries how its text begins. Illegal content has a track of its own
and never stands in this queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, Text, bindparam, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.core.db import BigId, Instant
from app.moderation.claims import Holder
from app.moderation.model import Case, Revision
from app.moderation.rules.promise import Promised
from app.moderation.rules.wanted import SIZES, SOON, Place, Wanted


class Line(NamedTuple):
    """One case of the list."""

    id: int
    kind: str
    subject_id: int
    origin: str
    excerpt: str
    opened_at: datetime
    signals: Sequence[Mapping[str, Any]]
    #: its newest text
    revision: int
    held_by: Holder | None
    own: bool
    decided_at: datetime | None

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Everything of it that a list shows, but for who has it and how long it waits."""
        found = tuple(str(signal.get("code")) for signal in self.signals)
        return (self.id, self.revision, self.excerpt, self.origin, self.own, found)


@dataclass(frozen=True)
class Desk:
    """Who looks, when, and by which day what came in when is promised."""

    me: int
    now: datetime
    promised: Callable[[datetime], Promised]
    zone: ZoneInfo

    def came_in_before(self, slack: int) -> datetime:
        """What came in before this instant has at most ``slack`` days left."""
        today = self.now.astimezone(self.zone).date()
        day = today
        for _step in range(400):
            if (self.promised(self._midnight(day)).by - today).days <= slack:
                break
            day -= timedelta(days=1)
        return self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def lines(db: Session, desk: Desk, wanted: Wanted, after: Place | None = None, most: int | None = None) -> list[Line]:
    """One page, and one line more where another page follows. Decided ones the latest first, others the oldest first."""
    given = _given(desk, wanted, after) | {"most": (most or wanted.size) + 1}
    goes_on = after is not None
    shape = (wanted.state, wanted.kind, bool(wanted.signal), wanted.age, wanted.who, _word_shape(wanted), goes_on)
    rows = ready.rows(db, ("desk lines", shape), lambda: _asked(wanted, goes_on=goes_on), given)
    return [_line(_Row._make(row), desk) for row in rows]


def _asked(wanted: Wanted, *, goes_on: bool) -> Select[*tuple[Any, ...]]:
    """The statement of a page."""
    decided = wanted.state == "decided"
    order = (Case.decided_at, Case.id) if decided else (Case.opened_at, Case.id)
    asked = _COLUMNS.where(*conditions(wanted))
    if wanted.state == "mine" or wanted.who == "me":  # else SQLite goes through all that waits, for an order it has
        asked = asked.with_hint(Case, "INDEXED BY ix_moderation_case_claimed", "sqlite")
    if goes_on:
        here, place = tuple_(*order), tuple_(bindparam("at", type_=Instant), bindparam("case", type_=BigId))
        asked = asked.where(here < place if decided else here > place)
    return asked.order_by(*(c.desc() for c in order) if decided else order).limit(bindparam("most", type_=BigId))


def place_of(line: Line, wanted: Wanted) -> Place:
    at = line.decided_at if wanted.state == "decided" else line.opened_at
    return Place(at or line.opened_at, line.id)


def next_case(db: Session, desk: Desk, wanted: Wanted, after: Place | None = None) -> int | None:
    """The next one that nobody else has and that is not one's own; from the start where none follows."""
    free = replace(wanted, state="waiting" if wanted.state == "decided" else wanted.state, who="")
    for start in (after, None) if after else (None,):
        for line in lines(db, desk, free, start, most=SIZES[1]):
            if not line.own and (line.held_by is None or line.held_by.account_id == desk.me):
                return line.id
    return None


def case_before(db: Session, desk: Desk, wanted: Wanted, here: Place) -> int | None:
    """The one before it that waits, whoever has it."""
    order = (Case.opened_at, Case.id)
    free = replace(wanted, state="waiting" if wanted.state == "decided" else wanted.state)
    before = select(Case.id).where(*conditions(free), tuple_(*order) < tuple(here))
    return db.scalar(before.order_by(*(c.desc() for c in order)).limit(1), _given(desk, free))


def of_author(db: Session, desk: Desk, author_id: int, *, but: int, most: int = 5) -> list[Line]:
    """What else an account sent in, the latest first."""
    theirs = (Case.author_id == author_id, Case.id != but, Case.origin != "illegal")
    asked = _COLUMNS.where(*theirs).order_by(Case.opened_at.desc(), Case.id.desc())
    return [_line(row, desk) for row in db.execute(asked.limit(most))]


def _given(desk: Desk, wanted: Wanted, after: Place | None = None) -> dict[str, object]:
    """What the parameters of :func:`conditions` stand for."""
    given: dict[str, object] = {"me": desk.me, "now": desk.now}
    if wanted.signal:
        given["signal"] = f'%"{_plain(wanted.signal)}"%'
    for name, form in _forms(wanted):
        given[name] = f"%{_plain(form)}%"
    if wanted.age:
        given["before"] = desk.came_in_before(SOON if wanted.age == "soon" else -1)
    if after is not None:
        given |= {"at": after.at, "case": after.case_id}
    return given


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a case must be like; what it names as parameters is in :func:`_given`."""
    found = [Case.state == ("decided" if wanted.state == "decided" else "waiting"), Case.origin != "illegal"]
    if wanted.state == "held":
        found.append(is_held_by_a_check())
    elif wanted.state == "reported":
        found.append(Case.origin == "report")
    elif wanted.state == "appeals":
        found.append(Case.origin == "appeal")
    elif wanted.state == "mine":
        found.append(_IS_HELD & (Case.claimed_by_id == _ME))
    if wanted.kind:
        found.append(Case.subject_kind == wanted.kind)
    if wanted.signal:
        found.append(cast(Case.signals, Text).like(bindparam("signal", type_=String()), escape="\\"))
    if wanted.age:
        found.append(Case.opened_at < bindparam("before", type_=Instant))
    if wanted.who:
        found.append(_whose(wanted.who))
    return [*found, *(_says(f"word{at}_", word) for at, word in enumerate(wanted.q.split()))]


_ME, _NOW = bindparam("me", type_=BigId), bindparam("now", type_=Instant)
_IS_HELD = Case.claimed_until > _NOW
_NEWEST_REVISION = select(func.max(Revision.id)).where(Revision.case_id == Case.id).correlate(Case).scalar_subquery()
_COLUMNS: Select[*tuple[Any, ...]] = select(
    Case.id,
    Case.subject_kind,
    Case.subject_id,
    Case.origin,
    Case.excerpt,
    Case.opened_at,
    cast(Case.signals, Text).label("signals"),
    _NEWEST_REVISION.label("revision"),
    Case.claimed_by_id,
    Account.name,
    Case.claimed_until,
    Case.author_id,
    Case.decided_at,
    Case.state,
).outerjoin(Account, Account.id == Case.claimed_by_id)


class _Row(NamedTuple):
    """The columns of ``_COLUMNS``, in their order."""

    id: int
    subject_kind: str
    subject_id: int
    origin: str
    excerpt: str
    opened_at: datetime
    signals: str | None
    revision: int
    claimed_by_id: int | None
    name: str | None
    claimed_until: datetime | None
    author_id: int | None
    decided_at: datetime | None
    state: str


def _line(row: Any, desk: Desk) -> Line:
    """From a row of ``_COLUMNS``."""
    is_held = row.state == "waiting" and row.claimed_until is not None and row.claimed_until > desk.now
    return Line(
        id=row.id,
        kind=row.subject_kind,
        subject_id=row.subject_id,
        origin=row.origin,
        excerpt=row.excerpt,
        opened_at=row.opened_at,
        signals=_signals(row.signals) if row.signals else (),
        revision=row.revision or 0,
        held_by=Holder(row.claimed_by_id, row.name or "", row.claimed_until) if is_held else None,
        own=row.author_id is not None and row.author_id == desk.me,
        decided_at=row.decided_at,
    )


@lru_cache(maxsize=4_096)  # checks find the same again and again
def _signals(stored: str) -> Sequence[Mapping[str, Any]]:
    return tuple(json.loads(stored) or ())


def is_held_by_a_check() -> ColumnElement[bool]:
    return cast(Case.signals, Text).contains('"holds": true', autoescape=True)


def _whose(who: str) -> ColumnElement[bool]:
    if who == "nobody":
        return or_(Case.claimed_until.is_(None), Case.claimed_until <= _NOW)
    return _IS_HELD & (Case.claimed_by_id == _ME if who == "me" else Case.claimed_by_id != _ME)


def _says(name: str, word: str) -> ColumnElement[bool]:
    """Somewhere in how the text begins."""
    cases = (bindparam(f"{name}{at}", type_=String()) for at in range(len(_cases(word))))
    return or_(*(Case.excerpt.ilike(form, escape="\\") for form in cases))


def _cases(word: str) -> Sequence[str]:
    """SQLite folds ASCII alone: other alphabets are tried as they are commonly cased."""
    return [word] if word.isascii() else list(dict.fromkeys((word, word.lower(), word.capitalize(), word.upper())))


def _forms(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Each case of each word that is looked for, by the name of its parameter."""
    for at, word in enumerate(wanted.q.split()):
        yield from ((f"word{at}_{number}", form) for number, form in enumerate(_cases(word)))


def _word_shape(wanted: Wanted) -> tuple[int, ...]:
    """All of the words that a statement's text depends on."""
    return tuple(len(_cases(word)) for word in wanted.q.split())


def _plain(word: str) -> str:
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, f"\\{sign}")
    return word
