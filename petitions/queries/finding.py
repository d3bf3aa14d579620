"""The list of petitions: what it shows for each filter and order, page by page.

A page is found in two steps: the ids of its rows, in an order that an index has, then those rows.
An order is one or two stretches, such as what has a closing day and then what has none; each is
steady, because the id decides between equals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.orm import Session

from app.core.text.plain import fold, tidy_line
from petitions.model.petition import MinuteCount, Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.rules.lifecycle import VISIBLE, PetitionState

STATES = (
    "open",
    "closed",
    "rejected",
    "awaiting_response",
    "with_response",
    "awaiting_debate",
    "with_debate_outcome",
    "all",
)
SORTS = ("popular", "recent", "trending", "closing")
#: so many stand in the order of the last hour's signatures; who gained less is ordered by all of them
MOST_RISING = 500
MOST_WORDS = 12
#: so many petitions are looked up one by one sooner than the list is gone through
FEW = 1_000
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_PUBLISHED = (PetitionState.OPEN, PetitionState.CLOSED)
_NOT_PUBLISHED = [state for state in PetitionState if state not in _PUBLISHED]
_UNSEEN = [state for state in PetitionState if state not in VISIBLE]
_DEBATED = ("outcome", "not_held")
#: filters that few petitions pass, each with an index of its own
_FEW = {
    "awaiting_response": "response",
    "with_response": "answered",
    "awaiting_debate": "debate",
    "with_debate_outcome": "debated",
}
_PETITIONS = Petition.__table__
#: columns rather than mapped attributes: a list needs no objects, and they take longer than their query
P = _PETITIONS.c


@dataclass(frozen=True)
class Search:
    """What a reader asked the list for."""

    q: str = ""
    state: str = "open"
    sort: str = "popular"
    department_id: int | None = None
    topic_id: int | None = None


#: what a list shows of a petition
ENTRY = (
    P.id,
    P.action,
    P.state,
    P.source,
    P.signature_count,
    P.response_threshold,
    P.debate_threshold,
    P.response_reached_at,
    P.debate_reached_at,
    P.debate_state,
    P.debate_on,
    P.debate_outcome_at,
    P.answered_at,
    P.closes_at,
    P.closed_at,
    P.rejected_at,
    P.withdrawn_at,
    P.stopped_at,
    P.updated_at,
    P.source_facts,
)


@dataclass(frozen=True)
class Moment:
    """When a list is looked at. ``overdue``: some petition's time is over, and no job has closed it yet."""

    now: datetime
    overdue: bool


@dataclass(frozen=True)
class Found:
    """The ids of one page, and how many there are on all pages where that came along."""

    ids: Sequence[int]
    total: int | None


@dataclass(frozen=True)
class Stretch:
    """Part of an order: which rows, and how they stand."""

    rows: ColumnElement[bool]
    order: tuple[ColumnElement[Any], ...]


def moment(db: Session, now: datetime) -> Moment:
    """This instant, as the lists need to know it."""
    late = select(P.id).where(P.state == PetitionState.OPEN, P.closes_at <= now, P.source.is_(None))
    return Moment(now, db.scalar(late.limit(1)) is not None)


def listed(db: Session, search: Search, *, offset: int, most: int, now: datetime) -> tuple[Sequence[Petition], int]:
    """One page of the list, whole petitions, and how many there are in all."""
    at = moment(db, now)
    rising = rising_now(db, now) if search.sort == "trending" else ()
    found = find(db, search, at, offset=offset, most=most, rising=rising)
    return petitions(db, found.ids), count(db, search, at) if found.total is None else found.total


def petitions(db: Session, ids: Sequence[int]) -> Sequence[Petition]:
    """All of these petitions, in their order."""
    found = {p.id: p for p in db.scalars(select(Petition).where(Petition.id.in_(ids)))} if ids else {}
    return [found[i] for i in ids]


def entries(db: Session, ids: Sequence[int]) -> list[Any]:
    """What a list shows of these petitions (see ``ENTRY``), in their order."""
    found = {row.id: row for row in db.execute(select(*ENTRY).where(P.id.in_(ids)))} if ids else {}
    return [found[i] for i in ids]


def find(db: Session, search: Search, at: Moment, *, offset: int, most: int, rising: Sequence[int] = ()) -> Found:
    """One page in a steady order; ``rising`` (see :func:`rising_now`) stand first where they are trending."""
    wanted, walked = _wanted(db, search, at)
    first = _first(db, wanted, rising) if search.sort == "trending" and rising else []
    wanted = wanted.with_hint(_PETITIONS, f"INDEXED BY {_index(search, at)}" if walked else "NOT INDEXED", "sqlite")
    if first:
        wanted = wanted.where(~_among(db, first))
    if not walked:
        ids = [*first, *_all_in_order(db, wanted, search)]
        return Found(ids[offset : offset + most], len(ids))
    ids, offset = first[offset : offset + most], max(0, offset - len(first))
    for stretch in _stretches(search):
        if len(ids) == most:
            break
        part = wanted.where(stretch.rows)
        some = db.scalars(part.order_by(*stretch.order).offset(offset).limit(most - len(ids))).all()
        offset = 0 if some else offset - _how_many(db, part)
        ids += some
    return Found(ids, None)


def _first(db: Session, wanted: Select[int], rising: Sequence[int]) -> list[int]:
    """What trends of those that are wanted, the most first."""
    stand = set(db.scalars(wanted.with_hint(_PETITIONS, "NOT INDEXED", "sqlite").where(_among(db, rising))))
    return [i for i in rising if i in stand]


def _all_in_order(db: Session, wanted: Select[int], search: Search) -> Iterator[int]:
    for stretch in _stretches(search):
        yield from db.scalars(wanted.where(stretch.rows).order_by(*stretch.order))


def _among(db: Session, ids: Sequence[int]) -> ColumnElement[bool]:
    """One of many ids, as a single value of the statement: a list of 500 takes longer to write than to run."""
    if db.get_bind().dialect.name == "sqlite":
        listed_ids = func.json_each(bindparam("ids", json.dumps(list(ids)))).table_valued("value")
        return P.id.in_(select(listed_ids.c.value))
    return P.id == any_(bindparam("ids", list(ids), type_=ARRAY(BigInteger)))


def count(db: Session, search: Search, at: Moment) -> int:
    """How many petitions a filter shows."""
    wanted, walked = _wanted(db, search, at)
    return _how_many(db, wanted if walked else wanted.with_hint(_PETITIONS, "NOT INDEXED", "sqlite"))


def _how_many(db: Session, wanted: Select[int]) -> int:
    return db.scalar(wanted.with_only_columns(func.count())) or 0


def counts_by_state(db: Session, at: Moment) -> Mapping[str, int]:
    """How many petitions each filter of the list would show."""
    return {state: count(db, Search(state=state), at) for state in STATES}


def wanted(db: Session, search: Search, at: Moment) -> Select[int]:
    """Ids of everything a filter shows, in no order."""
    return _wanted(db, search, at)[0]


def _wanted(db: Session, search: Search, at: Moment) -> tuple[Select[int], bool]:
    """The same, and whether so many are found that going through the list in its order is best."""
    found = select(P.id).where(in_state(search.state, at))
    if search.department_id is not None:
        found = found.where(P.lead_department_id == search.department_id)
    if search.topic_id is not None:
        of_topic = select(PetitionTopic.petition_id).where(PetitionTopic.topic_id == search.topic_id)
        found = found.where(_walked_id(db).in_(of_topic))
    words = words_of(search.q)
    if not words:
        return found.where(false()) if search.q.strip() else found, True
    holding, many = _holding(db, words)
    return found.where((_walked_id(db) if many else P.id).in_(holding)), many


def _holding(db: Session, words: Sequence[str]) -> tuple[Select[int], bool]:
    """Who has all of these words, or where nobody has, words that begin so; and whether they are many."""
    exactly = matching(db, words)
    several = db.scalars(select(func.count()).select_from(exactly.limit(FEW + 1).subquery())).one()
    return (exactly, several > FEW) if several else (matching(db, words, begun=True), False)


def _walked_id(db: Session) -> Any:
    """The id for a condition that many petitions pass: SQLite is told to go through them in the list's order.

    It would else look up every one of them before it sorts. PostgreSQL knows by its statistics.
    """
    return literal_column("+petitions_petition.id") if db.get_bind().dialect.name == "sqlite" else P.id


def words_of(q: str) -> list[str]:
    """What a search looks for: letters and digits alone, so that no sign can be an operator."""
    return _WORD.findall(tidy_line(q))[:MOST_WORDS]


def matching(db: Session, words: Sequence[str], *, begun: bool = False) -> Select[int]:
    """Ids of petitions whose text has every word in some form of it; ``begun``: or a word that begins so."""
    if db.get_bind().dialect.name == "sqlite":
        found = table("petitions_search", column("rowid", BigInteger))
        query = " AND ".join(_either(w, "*" * begun) for w in words)
        return select(found.c.rowid).where(text("petitions_search MATCH :query").bindparams(query=query))
    found = table("petitions_search", column("petition_id", BigInteger), column("document"))
    folded = [part for w in words for part in _WORD.findall(fold(w))]
    query = " & ".join(f"{w}{':*' * begun}" for w in folded)
    return select(found.c.petition_id).where(
        found.c.document.op("@@")(func.to_tsquery(literal_column("'english'"), bindparam("tsquery", query)))
    )


def _either(word: str, end: str) -> str:
    """A word as it was typed, whose accents FTS5 takes off by itself, or as we fold it: it keeps an ß."""
    forms = dict.fromkeys((word, *_WORD.findall(fold(word))))
    return "(" + " OR ".join(f'"{w}"{end}' for w in forms) + ")"


def in_state(state: str, at: Moment) -> ColumnElement[bool]:
    """The list's filter; a petition whose time is over counts as closed before the job has said so."""
    late = and_(P.state == PetitionState.OPEN, P.source.is_(None), P.closes_at <= at.now)
    # not as `IN`: there an index of states would be taken before one that has the order
    published = P.state.not_in(_NOT_PUBLISHED)
    match state:
        case "open":
            is_open = P.state == PetitionState.OPEN
            return and_(is_open, or_(P.closes_at > at.now, P.source.is_not(None))) if at.overdue else is_open
        case "closed":
            is_closed = P.state == PetitionState.CLOSED
            return or_(is_closed, late) if at.overdue else is_closed
        case "rejected":
            return P.state == PetitionState.REJECTED
        case "awaiting_response":
            return and_(P.response_reached_at.is_not(None), published, P.answered_at.is_(None))
        case "with_response":
            return and_(P.answered_at.is_not(None), published)
        case "awaiting_debate":
            told = func.coalesce(P.debate_state, "").in_(_DEBATED)
            return and_(P.debate_reached_at.is_not(None), published, ~told)
        case "with_debate_outcome":
            return and_(P.debate_state.is_not(None), published, P.debate_state.in_(_DEBATED))
        case _all:
            seen = or_(P.state != PetitionState.WITHDRAWN, P.opened_at.is_not(None))
            return and_(P.state.not_in(_UNSEEN), seen)


def _stretches(search: Search) -> list[Stretch]:
    """The parts of one order. Only imports have no day of opening or closing; they stand last."""
    match search.sort:
        case "recent" if search.state in ("rejected", "all"):
            return [Stretch(true(), (P.created_at.desc(), P.id.desc()))]
        case "recent":
            return _known_first(P.opened_at, P.opened_at.desc(), P.id.desc())
        case "closing":
            return _known_first(P.closes_at, P.closes_at, P.id)
        case _popular:
            return [Stretch(true(), (P.signature_count.desc(), P.id.desc()))]


def _index(search: Search, at: Moment) -> str:
    """The index of this order: SQLite has no statistics, and would guess. PostgreSQL has, and is not told."""
    if search.state in _FEW:
        name = _FEW[search.state]
    elif search.department_id is not None:
        name = "department"
    elif search.state == "all" or (search.state == "closed" and at.overdue):
        name = {"recent": "all_recent", "closing": "all_closing"}.get(search.sort, "all_popular")
    elif search.state == "rejected" and search.sort == "recent":
        name = "all_recent"
    else:
        name = search.sort if search.sort in ("recent", "closing") else "popular"
    return f"ix_petitions_petition_{name}"


def _known_first(when: Any, *order: Any) -> list[Stretch]:
    return [Stretch(when.is_not(None), order), Stretch(when.is_(None), (P.id.desc(),))]


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
    return db.scalar(select(Topic.id).where(Topic.slug == slug))


def most_pressing(db: Session, now: datetime, most: int = 3) -> Sequence[Petition]:
    """For the home page: open, the most signed first."""
    signable = select(Petition).where(Petition.state == PetitionState.OPEN, Petition.closes_at > now)
    return db.scalars(signable.order_by(Petition.signature_count.desc(), Petition.id.desc()).limit(most)).all()


def next_closing(db: Session, now: datetime) -> datetime | None:
    """The next closing instant of any open petition: until then the lists stay as they are."""
    return db.scalar(select(func.min(P.closes_at)).where(P.state == PetitionState.OPEN, P.closes_at > now))
