"""The desk's queue: what waits across all kinds of content, by columns and by index, one page at a time.

Rooms are not asked here: a case carries how its text begins. Illegal content has a track of its own
and never stands in this queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, Text, bindparam, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.core.db import BigId, Instant
from app.core.i18n import language
from app.core.remember import Remembered
from app.core.text.plain import tidy_line
from app.moderation import queries, reporting
from app.moderation.cases import DESK
from app.moderation.claims import Holder
from app.moderation.model import Batch, Case, Decision, Reason, Revision
from app.moderation.promise import free_days
from app.moderation.rules.promise import FreeDays, Promised
from app.moderation.rules.standards import Rule
from app.moderation.rules.verdicts import UNDO_FOR

STATES = ("waiting", "held", "reported", "appeals", "mine", "decided")
AGES = ("", "soon", "late")
HOLDERS = ("", "nobody", "me", "others")
SIZES = (25, 50, 200)
SOON = 2  # days
#: touched where a rule is worded anew
STANDARDS = "standards"
MOST_NEW = 100
MOST_WORDS = 80


@dataclass(frozen=True)
class Wanted:
    """Which part of the queue; as its address says it, see :func:`read_wanted`."""

    state: str = "waiting"
    kind: str = ""
    signal: str = ""
    age: str = ""
    who: str = ""
    q: str = ""
    size: int = SIZES[0]

    @property
    def query(self) -> dict[str, str]:
        """What differs from the plain queue, for addresses."""
        found = {name: getattr(self, name) for name in ("state", "kind", "signal", "age", "who", "q")}
        found["size"] = "" if self.size == SIZES[0] else str(self.size)
        return {name: value for name, value in found.items() if value and (name, value) != ("state", "waiting")}

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than a state."""
        return bool(self.query.keys() - {"state", "size"})


class Place(NamedTuple):
    """Where in the queue: the instant it is sorted by, and the case."""

    at: datetime
    case_id: int

    def __str__(self) -> str:
        return f"{int(self.at.timestamp() * 1_000_000)}.{self.case_id}"


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


class Judged(NamedTuple):
    """What was decided on a case, by whom."""

    verdict: str
    #: the rule it names, in the words it had
    rule: str | None
    by_id: int
    by: str
    at: datetime
    undone_at: datetime | None


def read_wanted(asked: Mapping[str, str], kinds: Mapping[str, object]) -> Wanted:
    """From an address; what makes no sense there is as if it were not there."""

    def one_of(name: str, allowed: Sequence[str] | Mapping[str, object]) -> str:
        value = asked.get(name, "")
        return value if value in allowed else ""

    size = asked.get("size", "")
    return Wanted(
        state=one_of("state", STATES) or "waiting",
        kind=one_of("kind", kinds),
        signal=asked.get("signal", "")[:40] if asked.get("signal", "").replace("-", "").isalnum() else "",
        age=one_of("age", AGES),
        who=one_of("who", HOLDERS),
        q=tidy_line(asked.get("q", "").replace("\0", ""))[:MOST_WORDS],
        size=int(size) if size in map(str, SIZES) else SIZES[0],
    )


def read_place(text: str) -> Place | None:
    """As :class:`Place` writes itself; None where it does not."""
    micros, _dot, case = text.partition(".")
    if not (micros.isascii() and micros.isdigit() and case.isascii() and case.isdigit()) or len(text) > 36:
        return None
    try:
        at = datetime.fromtimestamp(int(micros) // 1_000_000, UTC) + timedelta(microseconds=int(micros) % 1_000_000)
    except (OverflowError, OSError, ValueError):
        return None
    return Place(at, int(case)) if int(case) < 2**63 else None


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
        found.append(_is_held_by_a_check())
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


def judged(db: Session, ids: Sequence[int]) -> Mapping[int, Judged]:
    """The newest decision of each of these cases that has one."""

    def build() -> Select[*tuple[Any, ...]]:
        named = (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
        asked = select(Decision.case_id, Decision.verdict, Reason.title, Decision.by_id, Account.name, *_JUDGED_AT)
        asked = asked.join(Account, Account.id == Decision.by_id).outerjoin(Reason, named)
        return asked.where(ready.among(db, Decision.__table__.c.case_id)).order_by(Decision.id)

    found = ready.rows(db, "desk judged", build, {"ids": ready.as_one(db, ids)}) if ids else ()
    return {row[0]: Judged(*row[1:]) for row in found}


def excerpts(db: Session, ids: Sequence[int]) -> Mapping[int, str]:
    """How each of these begins."""
    return {case: words for case, words in db.execute(select(Case.id, Case.excerpt).where(Case.id.in_(ids)))}


def still_decided(db: Session, batch_id: int) -> list[int]:
    """The cases of a bulk decision that were not undone."""
    asked = select(Decision.case_id).where(Decision.batch_id == batch_id, Decision.undone_at.is_(None))
    return list(db.scalars(asked.order_by(Decision.case_id)))


def rule_of_batch(db: Session, batch_id: int) -> str | None:
    """The rule that a bulk decision named, in the words it had."""
    named = (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
    return db.scalar(select(Reason.title).join(Decision, named).where(Decision.batch_id == batch_id).limit(1))


class Figures(NamedTuple):
    """What is the same for everyone at the desk: the queue in numbers, the rules, and the days on which nobody moderates."""

    states: Mapping[str, int]
    kinds: Mapping[str, int]
    oldest: datetime | None
    #: the instant in the middle of all that wait
    median: datetime | None
    #: the newest case of any state: later ones are new
    newest: int
    #: reports by readers that wait
    reports: int
    reasons: Sequence[Rule]
    free: Sequence[FreeDays]
    #: whose each lease is, and until when
    leases: Sequence[tuple[int, datetime]]
    #: who decided many together so lately that it may be undone
    undoing: frozenset[int]

    def mine(self, desk: Desk) -> int:
        """How many cases one has now."""
        return sum(holder == desk.me and until > desk.now for holder, until in self.leases)


def figures(db: Session, now: datetime) -> Figures:
    """Of everything that waits; illegal content left out."""
    held = func.sum(case((_is_held_by_a_check(), 1), else_=0))
    groups = db.execute(
        select(Case.subject_kind, Case.origin, func.count(), held, func.min(Case.opened_at))
        .where(Case.state == "waiting", Case.origin != "illegal")
        .group_by(Case.subject_kind, Case.origin)
    ).all()
    states, kinds = dict.fromkeys(STATES, 0), dict[str, int]()
    for kind, origin, many, some, _first in groups:
        kinds[kind] = kinds.get(kind, 0) + many
        states["waiting"] += many
        states["held"] += int(some or 0)
        states["reported"] += many if origin == "report" else 0
        states["appeals"] += many if origin == "appeal" else 0
    middle = select(Case.opened_at).where(Case.state == "waiting", Case.origin != "illegal").order_by(Case.opened_at)
    return Figures(
        states=states,
        kinds=kinds,
        oldest=min((row[4] for row in groups), default=None),
        median=db.scalar(middle.offset(states["waiting"] // 2).limit(1)) if states["waiting"] else None,
        newest=db.scalar(select(func.max(Case.id))) or 0,
        reports=reporting.count_waiting(db),
        reasons=[Rule(r.code, r.title, r.rule, hides=r.hides) for r in queries.reasons(db)],
        free=free_days(db),
        leases=[(by_id, until) for by_id, until in db.execute(_LEASES) if by_id and until],
        undoing=frozenset(db.scalars(select(Batch.by_id).where(Batch.undone_at.is_(None), Batch.at > now - UNDO_FOR))),
    )


class DeskFigures:
    """Worked out every few seconds for all who ask, and anew after a commit of this process."""

    SECONDS = 3.0

    def __init__(self) -> None:
        self._kept: Remembered[Figures] = Remembered(self.SECONDS)
        self._pages: dict[tuple[str, str], Remembered[Sequence[Any]]] = {}

    def at(self, now: datetime, db: Session) -> Figures:
        return self._kept.get(partial(figures, db, now))

    def pages(self, role: str, work_out: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """The desk's further pages that open to a role; some say how much waits there."""
        return self._pages.setdefault((language.get(), role), Remembered(self.SECONDS)).get(work_out)

    def hear(self, keys: frozenset[str]) -> None:
        for kept in tuple(self._pages.values()):
            kept.forget()
        if not keys.isdisjoint((DESK, STANDARDS)):
            self._kept.forget()


def came_since(db: Session, newest: int) -> int:
    """How many that wait were not there when ``newest`` was the newest case; up to ``MOST_NEW``."""
    some = select(Case.id).where(Case.id > newest, Case.state == "waiting", Case.origin != "illegal").limit(MOST_NEW)
    return db.scalar(select(func.count()).select_from(some.subquery())) or 0


_ME, _NOW = bindparam("me", type_=BigId), bindparam("now", type_=Instant)
_IS_HELD = Case.claimed_until > _NOW
_LEASES = select(Case.claimed_by_id, Case.claimed_until).where(Case.claimed_by_id.is_not(None), Case.state == "waiting")
_JUDGED_AT = (Decision.at, Decision.undone_at)
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


def _is_held_by_a_check() -> ColumnElement[bool]:
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
