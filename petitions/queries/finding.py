"""The list of petitions: what it shows for each filter and order, page by page.

A page is found by the ids of its rows, in an order that an index has, and then those rows, in one
statement. An order is one or two stretches, such as what has a closing day and then what has none;
each is steady, because the id decides between equals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, false, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from app.core import ready
from app.core.ready import among, as_one, not_among
from app.departments.model import Department
from petitions.model.petition import MinuteCount, Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.queries.filters import (
    SORTS,
    STATES,
    Moment,
    P,
    Search,
    Shape,
    Stretch,
    in_state,
    index_of,
    order_of,
    stretches,
)
from petitions.queries.members import bits_of, bound, gathered, ids_in, is_member
from petitions.queries.words import CommonWords, Holding, holding, matching, words_of
from petitions.rules.lifecycle import PetitionState

__all__ = ["SORTS", "STATES", "Moment", "Search", "in_state", "matching", "words_of"]

#: so many stand in the order of the last hour's signatures; who gained less is ordered by all of them
MOST_RISING = 500
#: so far down the list SQLite looks up where these stand sooner than it asks of every row whether it is one of them;
#: PostgreSQL, which looks by a hash, does not
FAR = 3_000
#: so many petitions are looked up one by one sooner than the list is gone through
FEW = 1_000
_PETITIONS = Petition.__table__
NO_WORDS, NO_SUCH_WORDS = Holding("", None), Holding("", None, none=True)
_STANDING = tuple_(P.signature_count, P.id)
_HERE = tuple_(ready.given("signatures", BigInteger()), ready.given("here", BigInteger()))
_MOST, _OFFSET = ready.given("most", BigInteger()), ready.given("offset", BigInteger())


class Entry(NamedTuple):
    """What a list shows of a petition."""

    id: int
    action: str
    state: str
    source: str | None
    signature_count: int
    response_threshold: int
    debate_threshold: int
    response_reached_at: datetime | None
    debate_reached_at: datetime | None
    debate_state: str | None
    debate_on: date | None
    answered_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    rejected_at: datetime | None
    withdrawn_at: datetime | None


ENTRY = tuple(P[name] for name in Entry._fields)


@dataclass(frozen=True)
class Found:
    """One page, and how many there are on all pages where that came along."""

    rows: Sequence[Entry]
    total: int | None

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]


def moment(db: Session, now: datetime) -> Moment:
    """This instant, as the lists need to know it."""
    late = select(P.id).where(P.state == PetitionState.OPEN, P.closes_at <= now, P.source.is_(None))
    return Moment(now, db.scalar(late.limit(1)) is not None)


def listed(db: Session, search: Search, *, offset: int, most: int, now: datetime) -> tuple[Sequence[Petition], int]:
    """One page of the list, whole petitions, and how many there are in all."""
    at, held = moment(db, now), held_by(db, search)
    rising = rising_now(db, now) if search.sort == "trending" else ()
    found = find(db, search, at, held, offset=offset, most=most, first=trending(db, search, at, held, rising))
    return petitions(db, found.ids), count(db, search, at, held) if found.total is None else found.total


def petitions(db: Session, ids: Sequence[int]) -> Sequence[Petition]:
    """All of these petitions, in their order."""
    found = {p.id: p for p in db.scalars(select(Petition).where(Petition.id.in_(ids)))} if ids else {}
    return [found[i] for i in ids]


def entries(db: Session, ids: Sequence[int]) -> list[Entry]:
    """What a list shows of these petitions, in their order."""
    return _in_order(ready.rows(db, "entries", lambda: _by_id(db), {"ids": as_one(db, ids)}), ids) if ids else []


def held_by(db: Session, search: Search, common: CommonWords | None = None) -> Holding:
    """Who has the words of a search; of none where it has no words. ``common``: what is remembered of words."""
    words = words_of(search.q)
    if words:
        return holding(db, words, few=FEW, common=common)
    return NO_SUCH_WORDS if search.q.strip() else NO_WORDS


def find(
    db: Session, search: Search, at: Moment, held: Holding, *, offset: int, most: int, first: Sequence[int] = ()
) -> Found:
    """One page in a steady order; ``held``: see :func:`held_by`, ``first``: see :func:`trending`."""
    asked = _Asked.of(search, at, held)
    if held.none:
        return Found((), 0)
    if first:
        return Found(_trending(db, asked, first, offset, most), None)
    if held.ids is not None:
        return Found(*_looked_up(db, asked, offset, most))
    return Found(_walked(db, asked, offset, most), None)


def trending(db: Session, search: Search, at: Moment, held: Holding, rising: Sequence[int]) -> list[int]:
    """What trends of those that are wanted, the most first; ``rising``: see :func:`rising_now`."""
    if search.sort != "trending" or not rising or held.none:
        return []
    asked = _Asked.of(search, at, held)
    build = lambda: asked.each(db, P.id).where(among(db, P.id, "others"))
    stand = {i for (i,) in asked.rows(db, "trending", build, others=as_one(db, rising))}
    return [i for i in rising if i in stand]


def count(db: Session, search: Search, at: Moment, held: Holding | None = None) -> int:
    """How many petitions a filter shows."""
    held = held_by(db, search) if held is None else held
    asked = _Asked.of(search, at, held)
    if held.none:
        return 0
    if held.bits:
        return (members(db, search, at) & held.bits).bit_count()
    select_all = asked.each if held.query else asked.all_of
    ((number,),) = asked.rows(db, "count", lambda: select_all(db, func.count()))
    return int(number)


def members(db: Session, search: Search, at: Moment) -> int:
    """Everything that a filter shows, whatever words it has; see :mod:`petitions.queries.members`."""
    asked = _Asked.of(search, at, NO_WORDS)
    ((ids, _number),) = asked.rows(db, "members", lambda: gathered(db, asked.all_of(db, P.id)))
    return bits_of(ids_in(ids))


def of_department(db: Session, department_id: int) -> int:
    """Petitions that a department leads, in any state."""
    ids = select(P.id).where(P.lead_department_id == ready.given("department", BigInteger()))
    values = {"department": department_id}
    return bits_of(ids_in(ready.one(db, "of-department", lambda: gathered(db, ids), values)))


def of_topic(db: Session, topic_id: int) -> int:
    """Petitions with a topic, in any state."""
    ids = select(PetitionTopic.petition_id).where(PetitionTopic.topic_id == ready.given("topic", BigInteger()))
    return bits_of(ids_in(ready.one(db, "of-topic", lambda: gathered(db, ids), {"topic": topic_id})))


def counts_by_state(db: Session, at: Moment) -> Mapping[str, int]:
    """How many petitions each filter of the list would show."""
    return {state: count(db, Search(state=state), at) for state in STATES}


def wanted(db: Session, search: Search, at: Moment) -> Select[int]:
    """Ids of everything a filter shows, in no order."""
    asked = _Asked.of(search, at, held := held_by(db, search))
    found: Select[int] = asked.all_of(db, P.id)
    return found.where(false()) if held.none else found.params(asked.bound(db))


def shown_of(db: Session, search: Search, ids: Sequence[int], now: datetime) -> list[int]:
    """Those of these petitions that a filter shows, in no order."""
    at, held = moment(db, now), held_by(db, search)
    if held.none or not ids:
        return []
    asked = _Asked.of(search, at, held)
    build = lambda: asked.each(db, P.id).where(among(db, P.id, "others"))
    return [i for (i,) in asked.rows(db, "shown-of", build, others=as_one(db, ids))]


@dataclass(frozen=True)
class _Asked:
    """A search as its statements need it: what their text depends on, and what each request binds."""

    shape: Shape
    values: Mapping[str, Any]

    @classmethod
    def of(cls, search: Search, at: Moment, held: Holding) -> _Asked:
        words = "" if held.query == "" else "many" if held.ids is None else "few"
        by_department, by_topic = search.department_id is not None, search.topic_id is not None
        return cls(
            Shape(search.state, search.sort, at.overdue, by_department, by_topic, words),
            {
                "now": at.now,
                "department": search.department_id,
                "topic": search.topic_id,
                "ids": held.ids,
                "bits": held.bits,
            },
        )

    def all_of(self, db: Session, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Everything the filter shows."""
        found = select(*columns).select_from(_PETITIONS).where(in_state(self.shape.state, self.shape))
        if self.shape.by_department:
            found = found.where(P.lead_department_id == ready.given("department", BigInteger()))
        if self.shape.by_topic:
            of_topic = PetitionTopic.topic_id == ready.given("topic", BigInteger())
            found = found.where(_walked_id(db).in_(select(PetitionTopic.petition_id).where(of_topic)))
        if self.shape.words == "few":
            return found.where(among(db, P.id))
        return found.where(is_member(db, P.id)) if self.shape.words else found

    def each(self, db: Session, *columns: Any) -> Select[*tuple[Any, ...]]:
        """The same, looked up one by one: an index of anything but ids would lead SQLite astray."""
        return self.all_of(db, *columns).with_hint(_PETITIONS, "NOT INDEXED", "sqlite")

    def walked(self, db: Session, *columns: Any) -> Select[*tuple[Any, ...]]:
        """The same, by the index of its order. PostgreSQL finds it by its statistics; SQLite has none."""
        return self.all_of(db, *columns).with_hint(_PETITIONS, f"INDEXED BY {index_of(self.shape)}", "sqlite")

    def rows(
        self, db: Session, name: str, build: Callable[[], Select[*tuple[Any, ...]]], **values: Any
    ) -> list[tuple[Any, ...]]:
        return ready.rows(db, (name, self.shape), build, {**self.bound(db), **values})

    def bound(self, db: Session) -> Mapping[str, Any]:
        if self.shape.words != "many":
            return self.values
        return {**self.values, "bits": bound(db, self.values["bits"])}


def _walked(db: Session, asked: _Asked, offset: int, most: int, beside: Sequence[int] | None = None) -> list[Entry]:
    """One page in an order that an index has, without those ``beside`` it."""
    shown: list[Entry] = []
    others = as_one(db, beside or ())
    parts = stretches(asked.shape)
    for at, stretch in enumerate(parts):
        if at and offset:
            offset -= _left_out(db, asked, parts[at - 1], at, others, beside=beside is not None)
        build = partial(_page_of, db, asked, stretch, beside=beside is not None)
        name = f"page-{at}-{beside is not None}"
        found = asked.rows(db, name, build, others=others, offset=offset, most=most - len(shown))
        shown += map(Entry._make, found)
        offset = 0 if found else offset
        if len(shown) == most:
            break
    return shown


def _page_of(db: Session, asked: _Asked, stretch: Stretch, *, beside: bool) -> Select[*tuple[Any, ...]]:
    ids = asked.walked(db, P.id).where(stretch.rows).order_by(*stretch.order).limit(_MOST).offset(_OFFSET)
    if beside:
        ids = ids.where(not_among(db, P.id, "others"))
    here = P.id.in_(ids.correlate(None))
    return select(*ENTRY).with_hint(_PETITIONS, "NOT INDEXED", "sqlite").where(here).order_by(*stretch.order)


def _left_out(db: Session, asked: _Asked, stretch: Stretch, at: int, others: str, *, beside: bool) -> int:
    """How many stand in the stretch before, all of which the page leaves out."""

    def build() -> Select[*tuple[Any, ...]]:
        found = asked.walked(db, func.count()).where(stretch.rows)
        return found.where(not_among(db, P.id, "others")) if beside else found

    ((number,),) = asked.rows(db, f"left-out-{at}-{beside}", build, others=others)
    return int(number)


def _looked_up(
    db: Session, asked: _Asked, offset: int, most: int, beside: Sequence[int] = ()
) -> tuple[list[Entry], int | None]:
    """One page of the few that hold some words, and how many these are; unknown where the page is empty."""

    def build() -> Select[*tuple[Any, ...]]:
        order = order_of(asked.shape.sort, asked.shape.state)
        found = asked.each(db, *ENTRY, func.count().over()).where(not_among(db, P.id, "others"))
        return found.order_by(*order).limit(_MOST).offset(_OFFSET)

    found = asked.rows(db, "few", build, others=as_one(db, beside), offset=offset, most=most)
    return [Entry._make(row[:-1]) for row in found], found[0][-1] if found else None if offset else 0


def _trending(db: Session, asked: _Asked, first: Sequence[int], offset: int, most: int) -> list[Entry]:
    """What trends stands first; whatever has left the list since ``first`` was found is left out."""
    ids = first[offset : offset + most]
    build = lambda: asked.each(db, *ENTRY).where(among(db, P.id, "others"))
    shown = _in_order(asked.rows(db, "shown", build, others=as_one(db, ids)), ids) if ids else []
    after, missing = max(0, offset - len(first)), most - len(ids)
    if not missing:
        return shown
    if asked.shape.words == "few":
        return shown + _looked_up(db, asked, after, missing, beside=first)[0]
    if after >= FAR and ready.is_sqlite(db):
        return shown + _far_down(db, asked, after, missing, first)
    return shown + _walked(db, asked, after, missing, beside=first)


def _far_down(db: Session, asked: _Asked, offset: int, most: int, beside: Sequence[int]) -> list[Entry]:
    """One page of the popular ones without those beside it: the list is walked with them, and then from there so much
    further as they stand before."""
    (stretch,) = stretches(asked.shape)
    others = as_one(db, beside)
    reach = lambda: asked.walked(db, P.signature_count, P.id).order_by(*stretch.order).limit(1).offset(_OFFSET)
    reached = asked.rows(db, "reached", reach, offset=offset)
    if not reached:
        return []
    here = dict(zip(("signatures", "here"), reached[0], strict=True))
    build = lambda: asked.each(db, func.count()).where(among(db, P.id, "others"), _STANDING > _HERE)
    ((before,),) = asked.rows(db, "before", build, others=others, **here)
    onward = Stretch(_STANDING <= _HERE, stretch.order)
    rest = partial(_page_of, db, asked, onward, beside=True)
    return list(map(Entry._make, asked.rows(db, "far", rest, others=others, offset=before, most=most, **here)))


def _in_order(found: Iterable[tuple[Any, ...]], ids: Sequence[int]) -> list[Entry]:
    by_id = {row[0]: Entry._make(row) for row in found}
    return [by_id[i] for i in ids if i in by_id]


def _by_id(db: Session) -> Select[*tuple[Any, ...]]:
    return select(*ENTRY).with_hint(_PETITIONS, "NOT INDEXED", "sqlite").where(among(db, P.id))


def _walked_id(db: Session) -> ColumnElement[int]:
    """The id for a condition that many petitions pass: SQLite is told to go through them in the list's order.

    It would else look up every one of them before it sorts. PostgreSQL knows by its statistics.
    """
    return literal_column("+petitions_petition.id", BigInteger) if ready.is_sqlite(db) else P.id


def rising_now(db: Session, now: datetime) -> Sequence[int]:
    """Ids of what gained most signatures in the last 60 minutes, the most first."""
    gained = func.sum(MinuteCount.validated)
    rows = (
        select(MinuteCount.petition_id)
        .where(MinuteCount.minute > now - timedelta(minutes=60))
        .group_by(MinuteCount.petition_id)
        .order_by(gained.desc(), MinuteCount.petition_id.desc())
        .limit(MOST_RISING)
    )
    return db.scalars(rows).all()


def topics(db: Session) -> tuple[tuple[str, str], ...]:
    """Slug and name of what readers can filter by."""
    rows = select(Topic.slug, Topic.name).where(Topic.retired_at.is_(None)).order_by(Topic.name)
    return tuple((slug, name) for slug, name in db.execute(rows))


def topic_id(db: Session, slug: str) -> int | None:
    """A retired topic still leads to its petitions."""
    build = lambda: select(Topic.id).where(Topic.slug == ready.given("slug", String()))
    found: int | None = ready.one(db, "topic", build, {"slug": slug})
    return found


def department_id(db: Session, slug: str) -> int | None:
    """A department that is not there any more still has its petitions."""
    build = lambda: select(Department.id).where(Department.slug == ready.given("slug", String()))
    found: int | None = ready.one(db, "department", build, {"slug": slug})
    return found


def most_pressing(db: Session, now: datetime, most: int = 3) -> Sequence[Petition]:
    """For the home page: open, the most signed first."""
    signable = select(Petition).where(Petition.state == PetitionState.OPEN, Petition.closes_at > now)
    return db.scalars(signable.order_by(Petition.signature_count.desc(), Petition.id.desc()).limit(most)).all()


def next_closing(db: Session, now: datetime) -> datetime | None:
    """The next closing instant of any open petition: until then the lists stay as they are."""
    return db.scalar(select(func.min(P.closes_at)).where(P.state == PetitionState.OPEN, P.closes_at > now))
