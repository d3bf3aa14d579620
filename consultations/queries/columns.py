"""What responses say, turned on its side: for every option, mark and code one number whose bits are the responses.

A figure is the number of bits that two or three of them have in common, so a cross-table of 50,000 responses takes
microseconds a cell, filters included, and every figure of a page is of the same instant. Kept in the process's
memory; before each use it is brought up to what the database says, response by response that has changed.
A bit's place is the place of its response in the order of ids, which is the order in which they came.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Integer, select
from sqlalchemy.orm import Session

from app.core import ready
from app.core.db import Instant
from consultations.model import Coding, Consultation, Response, ResponseVersion, StoredQuestionnaire
from consultations.queries import questionnaires
from consultations.rules.questionnaire import Question, QuestionKind
from consultations.rules.responses import ResponseState

Key = tuple[Any, ...]
SUBMITTED, REJECTED, LATE, ORGANISATION, READ, EASY = (
    ("submitted",),
    ("rejected",),
    ("late",),
    ("organisation",),
    ("read",),
    ("easy",),
)
#: a transaction may be stored a little after the instant that it wrote down
BEHIND = timedelta(seconds=30)
#: seconds for which figures may be old while changes pour in faster than they are read
MOST_OLD = 1.0
MOST_CONSULTATIONS = 32
_SOME = 400
_ANSWERS = msgspec.json.Decoder(dict[str, Any])
_LIVING = frozenset({ResponseState.SUBMITTED, ResponseState.REJECTED})
K = QuestionKind


class Stamp(NamedTuple):
    """When a response last changed, when a desk last marked it, and what it was then."""

    changed_at: datetime
    marked_at: datetime | None
    version: int
    state: str

    def is_newer(self, other: Stamp | None) -> bool:
        """A request that began earlier may come later, and sees what was."""
        if other is None:
            return True
        if self.changed_at < other.changed_at or self.version < other.version:
            return False
        if other.marked_at is not None and (self.marked_at is None or self.marked_at < other.marked_at):
            return False
        return self != other

    @property
    def newest(self) -> datetime:
        return self.changed_at if self.marked_at is None else max(self.changed_at, self.marked_at)


@dataclass(frozen=True)
class Columns:
    """One consultation at one instant. Never changed: the next instant has its own."""

    ids: Sequence[int] = ()
    bits: Mapping[Key, int] = field(default_factory=dict)
    #: answers to questions for a number, by response
    numbers: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    #: those that changed lately, and when
    recent: Mapping[int, Stamp] = field(default_factory=dict)
    upto: datetime | None = None
    read_at: float = 0.0
    took: float = 0.0
    #: who has a word, for as long as no response is new
    words: dict[Any, int] = field(default_factory=dict)

    def __getitem__(self, key: Key) -> int:
        return self.bits.get(key, 0)

    @property
    def submitted(self) -> int:
        return self[SUBMITTED]

    @cached_property
    def places(self) -> Mapping[int, int]:
        return {number: place for place, number in enumerate(self.ids)}

    @cached_property
    def remembered(self) -> dict[Any, Any]:
        """What was worked out of these columns, for as long as they stand."""
        return {}

    def of(self, ids: Iterable[int]) -> int:
        """Bits of these responses; numbers of none are passed over."""
        places, made = self.places, bytearray(len(self.ids) // 8 + 1)
        for place in map(places.get, ids):
            if place is not None:
                made[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(made, "little")

    def count(self, *keys: Key, among: int | None = None) -> int:
        """Submitted responses that have all of these."""
        found = self.submitted if among is None else among
        for key in keys:
            found &= self[key]
        return found.bit_count()

    def newest(self, bits: int, *, before: int | None = None, most: int) -> list[int]:
        """Ids of these responses, the newest first, from below ``before``."""
        if before is not None:
            bits &= (1 << bisect_left(self.ids, before)) - 1
        found: list[int] = []
        while bits and len(found) < most:
            place = bits.bit_length() - 1
            found.append(self.ids[place])
            bits ^= 1 << place
        return found

    def oldest(self, bits: int, *, after: int | None = None, most: int) -> list[int]:
        """The oldest first, from above ``after``."""
        skipped = 0 if after is None else bisect_left(self.ids, after + 1)
        bits >>= skipped
        found: list[int] = []
        while bits and len(found) < most:
            place = (bits & -bits).bit_length() - 1
            found.append(self.ids[skipped + place])
            bits &= bits - 1
        return found

    def all(self, bits: int) -> Iterator[int]:
        """Every id of these, the oldest first."""
        for start, byte in enumerate(bits.to_bytes(len(self.ids) // 8 + 1, "little")):
            for place in range(8) if byte else ():
                if byte >> place & 1:
                    yield self.ids[start * 8 + place]


class _Shelf:
    """The columns of consultations that are being read, for each database of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[Any, OrderedDict[int, _Kept]] = WeakKeyDictionary()

    def of(self, place: Any, consultation_id: int) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(place, OrderedDict())
            found = kept.setdefault(consultation_id, _Kept())
            kept.move_to_end(consultation_id)
            while len(kept) > MOST_CONSULTATIONS:
                kept.popitem(last=False)
            return found


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    columns: Columns | None = None
    #: of the consultation that they are of: another one may have its number, in a database that was restored
    salt: bytes | None = None


_SHELF = _Shelf()


def columns(db: Session, consultation_id: int) -> Columns:
    """As the database has it now; where changes come faster than they are read, as it was less than a second ago."""
    kept = _SHELF.of(db.get_bind().pool, consultation_id)  # type: ignore[union-attr]
    stands = kept.columns
    if stands is not None and _is_young(stands):
        return stands
    ((salt, count),) = ready.rows(db, "salt and count", _salt_and_count, {"consultation": consultation_id})
    with kept.lock:
        if kept.columns is None or kept.salt != salt:
            kept.columns, kept.salt = _built(db, consultation_id), salt
        elif not _is_young(kept.columns):
            kept.columns = _refreshed(db, consultation_id, kept.columns)
            if kept.columns.submitted.bit_count() < count:  # some came in under an instant long past
                kept.columns = _built(db, consultation_id)
        return kept.columns


def _salt_and_count() -> Any:
    found = select(Consultation.salt, Consultation.response_count)
    return found.where(Consultation.id == ready.given("consultation", Integer()))


def _is_young(stands: Columns) -> bool:
    """Looking costs a statement, so one looks each time; unless the last look had much to do."""
    return time.monotonic() < stands.read_at + min(MOST_OLD, stands.took * 4 if stands.took > 0.05 else 0)


def questions(db: Session, consultation_id: int) -> Mapping[int, Question]:
    """Every question that was ever published, as its newest version has it."""
    found: dict[int, Question] = {}
    mine = select(StoredQuestionnaire.version).where(
        StoredQuestionnaire.consultation_id == consultation_id, StoredQuestionnaire.version > 0
    )
    for version in db.scalars(mine.order_by(StoredQuestionnaire.version)):
        found |= questionnaires.questionnaire(db, consultation_id, version).by_id
    return found


R, V = Response.__table__.c, ResponseVersion.__table__.c
_COLUMNS = (
    R.id, R.state, R.channel, R.late_pass_id, R.consent, R.is_organisation, R.easy_read,
    R.version, R.read_version, R.changed_at, R.marked_at, V.answers,
)  # fmt: skip
_STAMP = (R.changed_at, R.marked_at, R.version, R.state)
_WITH_ANSWERS = Response.__table__.join(ResponseVersion.__table__, (V.response_id == R.id) & (V.number == R.version))


def _built(db: Session, consultation_id: int) -> Columns:
    begun = time.monotonic()
    rows = select(*_COLUMNS).select_from(_WITH_ANSWERS).where(R.consultation_id == consultation_id)
    living = db.execute(rows.where(R.state.in_(sorted(_LIVING))).order_by(R.id), execution_options={"yield_per": 2000})
    made = _Builder(questions(db, consultation_id))
    for row in living:
        made.add(row)
    made.code(_codings(db, consultation_id))
    stands = Columns(made.ids, made.bits(len(made.ids)), made.numbers)
    upto = max((s.newest for s in made.stamps.values()), default=None)
    recent = _recent(made.stamps, upto)
    return _timed(stands, recent, upto, begun, built=True)


def _timed(
    stands: Columns, recent: Mapping[int, Stamp], upto: datetime | None, begun: float, *, built: bool = False
) -> Columns:
    now = time.monotonic()
    took = 0.0 if built else now - begun
    return Columns(stands.ids, stands.bits, stands.numbers, recent, upto, now, took, stands.words)


def _recent(stamps: Mapping[int, Stamp], upto: datetime | None) -> Mapping[int, Stamp]:
    if upto is None:
        return {}
    since = upto - BEHIND
    return {n: s for n, s in stamps.items() if s.newest >= since}


def _refreshed(db: Session, consultation_id: int, stands: Columns) -> Columns:
    begun = time.monotonic()
    stamps = _changed_since(db, consultation_id, None if stands.upto is None else stands.upto - BEHIND)
    news = sorted(n for n, stamp in stamps.items() if stamp.is_newer(stands.recent.get(n)))
    upto = max((s.newest for s in stamps.values()), default=stands.upto)
    if stands.upto is not None:
        upto = max(upto or stands.upto, stands.upto)
    if not news:
        return _timed(stands, stands.recent, upto, begun) if upto != stands.upto else stands
    known = dict(stands.recent) | {n: stamps[n] for n in news}
    return _timed(_merged(db, consultation_id, stands, news), _recent(known, upto), upto, begun)


def _changed_since(db: Session, consultation_id: int, since: datetime | None) -> Mapping[int, Stamp]:
    found: dict[int, Stamp] = {}
    given = {"consultation": consultation_id} if since is None else {"consultation": consultation_id, "since": since}
    for name in ("changed_at", "marked_at"):
        build = partial(_stamps, name, since=since is not None)
        rows = ready.rows(db, ("stamps", name, since is not None), build, given)
        found |= {number: Stamp(*stamp) for number, *stamp in rows}
    return found


def _stamps(name: str, *, since: bool) -> Any:
    at, rows = R[name], select(R.id, *_STAMP).where(R.consultation_id == ready.given("consultation", Integer()))
    return rows.where(at >= ready.given("since", Instant()) if since else at.is_not(None))


def _merged(db: Session, consultation_id: int, stands: Columns, news: Sequence[int]) -> Columns:
    """What stands, but for these responses, which are read anew."""
    made = _Builder(questions(db, consultation_id))
    gone: list[int] = []
    for start in range(0, len(news), _SOME):
        some = news[start : start + _SOME]
        rows = db.execute(select(*_COLUMNS).select_from(_WITH_ANSWERS).where(R.id.in_(some)).order_by(R.id))
        for row in rows:
            made.add(row) if row.state in _LIVING else gone.append(row.id)
        made.code(_codings(db, consultation_id, some))
    new = [n for n in made.ids if n not in stands.places]
    ids, bits = _with_room(stands, new)
    places = {number: place for place, number in enumerate(ids)}
    cleared = 0
    for number in (*made.ids, *(g for g in gone if g in places)):
        cleared |= 1 << places[number]
    fresh = made.bits(len(ids), places)
    keep = ~cleared
    merged = {key: value for key, old in bits.items() if (value := (old & keep) | fresh.pop(key, 0))} | fresh
    numbers = {q: dict(of) for q, of in stands.numbers.items()}
    for number in (*made.ids, *gone):
        for of in numbers.values():
            of.pop(number, None)
    for question, of in made.numbers.items():
        numbers.setdefault(question, {}).update(of)
    return Columns(ids, merged, numbers, words={} if new else stands.words)


def _with_room(stands: Columns, new: Sequence[int]) -> tuple[list[int], Mapping[Key, int]]:
    """Most come last; for one that came out of its order everything behind it moves up."""
    ids, bits = list(stands.ids), stands.bits
    for number in sorted(new):
        place = bisect_left(ids, number)
        if place < len(ids):
            below = (1 << place) - 1
            bits = {key: (value & below) | (value & ~below) << 1 for key, value in bits.items()}
        ids.insert(place, number)
    return ids, bits


def _codings(db: Session, consultation_id: int, only: Sequence[int] | None = None) -> Iterable[Any]:
    rows = select(Coding.response_id, Coding.version, Coding.question, Coding.code_id).where(
        Coding.consultation_id == consultation_id, Coding.removed_at.is_(None)
    )
    return db.execute(rows if only is None else rows.where(Coding.response_id.in_(only)))


class _Builder:
    """Collects the bits of responses, added one after another."""

    def __init__(self, asked: Mapping[int, Question]) -> None:
        self._kinds = {str(q.id): (q.id, q.kind) for q in asked.values()}
        self.ids: list[int] = []
        self.stamps: dict[int, Stamp] = {}
        self.numbers: dict[int, dict[int, float]] = {}
        self._versions: dict[int, int] = {}
        self._has: defaultdict[Key, list[int]] = defaultdict(list)

    def add(self, row: Any) -> None:
        number = row.id
        self.ids.append(number)
        self.stamps[number] = Stamp(row.changed_at, row.marked_at, row.version, row.state)
        self._versions[number] = row.version
        for key in _marks(row):
            self._has[key].append(number)
        for name, value in _ANSWERS.decode(row.answers).items():
            if (known := self._kinds.get(name)) is not None:
                self._answer(number, *known, value)

    def _answer(self, number: int, question: int, kind: QuestionKind, value: Any) -> None:
        self._has["answered", question].append(number)
        if kind is K.NUMBER:
            self.numbers.setdefault(question, {})[number] = float(value)
            return
        for key in keys_of(question, kind, value):
            self._has[key].append(number)

    def code(self, codings: Iterable[Any]) -> None:
        """Only what was said of the version that stands counts."""
        for response, version, question, code in codings:
            if self._versions.get(response) == version:
                for key in (("code", code), ("code", code, question), ("coded", question)):
                    self._has[key].append(response)

    def bits(self, size: int, places: Mapping[int, int] | None = None) -> dict[Key, int]:
        if places is None:
            places = {number: place for place, number in enumerate(self.ids)}
        return {key: _bits([places[n] for n in those], size) for key, those in self._has.items()}


def _bits(places: Sequence[int], size: int) -> int:
    made = bytearray(size // 8 + 1)
    for place in places:
        made[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(made, "little")


def _marks(row: Any) -> Iterator[Key]:
    yield SUBMITTED if row.state == ResponseState.SUBMITTED else REJECTED
    yield ("channel", row.channel)
    yield ("consent", row.consent)
    if row.late_pass_id is not None:
        yield LATE
    if row.is_organisation:
        yield ORGANISATION
    if row.easy_read:
        yield EASY
    if row.read_version == row.version:
        yield READ


def keys_of(question: int, kind: QuestionKind, value: Any) -> Iterator[Key]:
    """Under which keys an answer to a closed question is counted."""
    match kind:
        case K.SINGLE | K.MULTIPLE:
            for option in value.get("options", ()):
                yield ("option", question, option)
            if "other" in value:
                yield ("other", question)
        case K.SCALE:
            yield ("option", question, value)
        case K.MATRIX:
            for row, column in value.items():
                yield ("cell", question, int(row), column)
        case K.RANKING:
            for place, option in enumerate(value, start=1):
                yield ("place", question, option, place)
