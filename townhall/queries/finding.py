"""The public list of town halls: its filters, its order, how many there are of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import Session

from app.core.paging import A_PAGE, read_page
from app.core.text.plain import tidy_line
from app.departments.model import Department
from app.departments.queries import by_slug
from townhall.model import Hall
from townhall.rules.lifecycle import READABLE
from townhall.rules.lifecycle import HallState as S

CURRENT, LIVE, UPCOMING, PAST, ALL = "current", "live", "upcoming", "past", "all"
STATES_ASKED = (CURRENT, LIVE, UPCOMING, PAST, ALL)
NOBODY = -1  # an unknown department has no town halls
MOST_Q, MOST_WORDS = 200, 10
DEFAULTS = {"state": CURRENT}
#: a calendar goes on showing what is over for a while, so that programs see what became of it
KEPT = timedelta(days=90)
MOST_DATED = 500
PANEL = 3


@dataclass(frozen=True)
class Search:
    """What a reader asked the list for."""

    q: str = ""
    state: str = CURRENT
    department_id: int | None = None


@dataclass(frozen=True)
class Asked:
    """What an address asks; ``kept`` is what its links carry along."""

    search: Search
    page: int
    kept: Mapping[str, str]

    @property
    def offset(self) -> int:
        return (self.page - 1) * A_PAGE

    def query(self, **changes: str) -> dict[str, str]:
        return {k: v for k, v in {**self.kept, **changes}.items() if v and v != DEFAULTS.get(k)}

    def link(self, path: str = "/townhalls", **changes: str) -> str:
        """The same list with another filter, from its first page."""
        query = self.query(**changes)
        return path + ("?" + urlencode(query) if query else "")


def read_asked(db: Session, query: Mapping[str, object]) -> Asked:
    """What a query means; what it cannot mean falls back to the default."""
    given = {k: tidy_line(str(v)[:MOST_Q]) for k, v in query.items()}
    state = given.get("state", "") if given.get("state") in STATES_ASKED else CURRENT
    department = by_slug(db, slug) if (slug := given.get("department", "")) else None
    number = (department.id if department else NOBODY) if slug else None
    search = Search(given.get("q", ""), state, number)
    kept = {"q": search.q, "state": state, "department": slug}
    return Asked(search, read_page(given.get("page", "")), kept)


def find(db: Session, search: Search, now: datetime, *, offset: int = 0, most: int = A_PAGE) -> Sequence[Hall]:
    """One page of a search: what is live first, what comes next soonest, what is over latest first."""
    rows = select(Hall).where(*_wanted(search, now)).order_by(*_order(search))
    return db.scalars(rows.offset(offset).limit(most)).all()


def count(db: Session, search: Search, now: datetime) -> int:
    return db.scalar(select(func.count()).select_from(Hall).where(*_wanted(search, now))) or 0


def counts(db: Session, search: Search, now: datetime) -> dict[str, int]:
    """How many the same search finds in each state, and in all."""
    anywhere = _wanted(Search(search.q, ALL, search.department_id), now)
    each = [func.count(case((_in_state(state, now), 1))) for state in STATES_ASKED]
    return dict(zip(STATES_ASKED, db.execute(select(*each).where(*anywhere)).one(), strict=True))


def newest(db: Session, search: Search, now: datetime, *, most: int) -> Sequence[Hall]:
    """What was made public last."""
    rows = select(Hall).where(*_wanted(search, now)).order_by(Hall.scheduled_at.desc(), Hall.id.desc())
    return db.scalars(rows.limit(most)).all()


def dated(db: Session, now: datetime, department_id: int | None = None, q: str = "") -> Sequence[Hall]:
    """For calendars: those to come and those not long over, what is earliest first."""
    search = Search(q, ALL, department_id)
    rows = select(Hall).where(*_wanted(search, now), Hall.ends_at > now - KEPT)
    return db.scalars(rows.order_by(Hall.starts_at, Hall.id).limit(MOST_DATED)).all()


def most_pressing(db: Session) -> Sequence[Hall]:
    """What is live, then what begins next."""
    rows = select(Hall).where(Hall.state.in_((S.LIVE, S.SCHEDULED)))
    return db.scalars(rows.order_by(_live_first(), Hall.starts_at, Hall.id).limit(PANEL)).all()


def next_turn_of_any(db: Session, now: datetime) -> datetime | None:
    """When the clock alone next changes what lists show: one that was cancelled would have been over."""
    rows = select(func.min(Hall.ends_at)).where(Hall.state == S.CANCELLED, Hall.ends_at > now)
    return db.scalar(rows)


def departments(db: Session) -> Sequence[Department]:
    """Those that have a town hall on the list, by name."""
    leads = select(Hall.department_id).where(Hall.state.in_(READABLE))
    return db.scalars(select(Department).where(Department.id.in_(leads)).order_by(Department.name)).all()


def public_ids(db: Session, most: int) -> Sequence[int]:
    """The newest first."""
    rows = select(Hall.id).where(Hall.state.in_(READABLE))
    return db.scalars(rows.order_by(Hall.id.desc()).limit(most)).all()


def _wanted(search: Search, now: datetime) -> list[ColumnElement[bool]]:
    found = [Hall.state.in_(sorted(READABLE)), _in_state(search.state, now)]
    if search.department_id is not None:
        found.append(Hall.department_id == search.department_id)
    for word in search.q.split()[:MOST_WORDS]:
        found.append(or_(*(text.icontains(word, autoescape=True) for text in (Hall.title, Hall.summary, Hall.body))))
    return found


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """What was cancelled stands among what is to come until it would have been over, so that people find out."""
    live = Hall.state == S.LIVE
    upcoming = (Hall.state == S.SCHEDULED) | ((Hall.state == S.CANCELLED) & (Hall.ends_at > now))
    past = (Hall.state == S.ENDED) | ((Hall.state == S.CANCELLED) & (Hall.ends_at <= now))
    return {CURRENT: live | upcoming, LIVE: live, UPCOMING: upcoming, PAST: past}.get(state, true())


def _live_first() -> ColumnElement[int]:
    return case((Hall.state == S.LIVE, 0), else_=1)


def _order(search: Search) -> tuple[ColumnElement[Any], ...]:
    if search.state in (PAST, ALL):
        return (Hall.starts_at.desc(), Hall.id.desc())
    return (_live_first(), Hall.starts_at.asc(), Hall.id.asc())
