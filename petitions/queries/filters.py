"""What the list of petitions can be asked for: its filters and orders, in the databases' terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_, true

from app.core import ready
from app.core.db import Instant
from petitions.model.petition import Petition
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
_PUBLISHED = (PetitionState.OPEN, PetitionState.CLOSED)
#: who cannot be owed or given anything; a withdrawn one can, to all who signed it
_OWED_NOTHING = [state for state in PetitionState if state not in (*_PUBLISHED, PetitionState.WITHDRAWN)]
#: a withdrawn one is shown only where it was published before
_SHOWN_BESIDE = sorted(VISIBLE - {*_PUBLISHED, PetitionState.WITHDRAWN})
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


@dataclass(frozen=True)
class Moment:
    """When a list is looked at. ``overdue``: some petition's time is over, and no job has closed it yet."""

    now: datetime
    overdue: bool


class Shape(NamedTuple):
    """What the text of a list's statement depends on; everything else is bound. ``words``: few or many have them."""

    state: str
    sort: str
    overdue: bool
    by_department: bool
    by_topic: bool
    words: str

    @property
    def now(self) -> ColumnElement[Any]:
        """The instant that each request brings along."""
        return ready.given("now", Instant())


@dataclass(frozen=True)
class Stretch:
    """Part of an order: which rows, and how they stand."""

    rows: ColumnElement[bool]
    order: tuple[ColumnElement[Any], ...]


def in_state(state: str, at: Moment | Shape) -> ColumnElement[bool]:
    """The list's filter; a petition whose time is over counts as closed before the job has said so."""
    late = and_(P.state == PetitionState.OPEN, P.source.is_(None), P.closes_at <= at.now)
    # not as `IN`: there an index of states would be taken before one that has the order
    owed = P.state.not_in(_OWED_NOTHING)
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
            return and_(P.response_reached_at.is_not(None), owed, P.answered_at.is_(None))
        case "with_response":
            return and_(P.answered_at.is_not(None), owed)
        case "awaiting_debate":
            told = func.coalesce(P.debate_state, "").in_(_DEBATED)
            return and_(P.debate_reached_at.is_not(None), owed, ~told)
        case "with_debate_outcome":
            return and_(P.debate_state.is_not(None), owed, P.debate_state.in_(_DEBATED))
        case _all:
            # what most petitions are is asked first: a deep page passes tens of thousands, and a list of
            # states that are not shown would be gone through for each
            shown = [(P.state == state, true()) for state in (*_PUBLISHED, *_SHOWN_BESIDE)]
            return case(*shown, (P.state == PetitionState.WITHDRAWN, P.opened_at.is_not(None)), else_=false())


def stretches(asked: Search | Shape) -> list[Stretch]:
    """The parts of one order. Only imports have no day of opening or closing; they stand last."""
    match asked.sort:
        case "recent" if asked.state in ("rejected", "all"):
            return [Stretch(true(), (P.created_at.desc(), P.id.desc()))]
        case "recent":
            return _known_first(P.opened_at, P.opened_at.desc(), P.id.desc())
        case "closing":
            return _known_first(P.closes_at, P.closes_at, P.id)
        case _popular:
            return [Stretch(true(), (P.signature_count.desc(), P.id.desc()))]


def order_of(sort: str, state: str) -> tuple[ColumnElement[Any], ...]:
    """The whole order at once, for rows that are sorted anyway."""
    match sort:
        case "recent" if state not in ("rejected", "all"):
            return (P.opened_at.is_(None), P.opened_at.desc(), P.id.desc())
        case "closing":
            return (P.closes_at.is_(None), P.closes_at, case((P.closes_at.is_(None), -P.id), else_=P.id))
        case _one_stretch:
            return stretches(Search(state=state, sort=sort))[0].order


def index_of(shape: Shape) -> str:
    """The index of this order: SQLite has no statistics, and would guess. PostgreSQL has, and is not told."""
    if shape.state in _FEW:
        name = _FEW[shape.state]
    elif shape.by_department:
        name = "department"
    elif shape.state == "all" or (shape.state == "closed" and shape.overdue):
        name = {"recent": "all_recent", "closing": "all_closing"}.get(shape.sort, "all_popular")
    elif shape.state == "rejected" and shape.sort == "recent":
        name = "all_recent"
    else:
        name = shape.sort if shape.sort in ("recent", "closing") else "popular"
    return f"ix_petitions_petition_{name}"


def _known_first(when: Any, *order: Any) -> list[Stretch]:
    return [Stretch(when.is_not(None), order), Stretch(when.is_(None), (P.id.desc(),))]
