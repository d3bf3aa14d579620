"""The public list of consultations: its filters, its orders, how many there are of each phase."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, case, column, false, func, literal_column, select, table, text, true
from sqlalchemy.orm import Session

from app.core import ready
from app.core.paging import A_PAGE, read_page
from app.core.text.plain import fold, tidy_line
from app.departments.model import Department
from app.departments.queries import by_slug
from consultations.model import Consultation
from consultations.rules.lifecycle import PHASES, READABLE, EditorialState, Kind, Phase

ALL = "all"
PHASES_ASKED = (*map(str, Phase), ALL)
SORTS = ("closing", "recent")
NOBODY = -1  # an unknown department has no consultations
MOST_Q, MOST_WORDS = 200, 12
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
DEFAULTS = {"phase": str(Phase.OPEN)}


@dataclass(frozen=True)
class Search:
    """What a reader asked the list for."""

    q: str = ""
    phase: str = str(Phase.OPEN)
    kind: str = ""
    department_id: int | None = None
    sort: str = "closing"


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

    def link(self, path: str = "/consultations", **changes: str) -> str:
        """The same list with another filter or order, from its first page."""
        query = self.query(**changes)
        return path + ("?" + urlencode(query) if query else "")


def read_asked(db: Session, query: Mapping[str, object]) -> Asked:
    """What a query means; what it cannot mean falls back to the default."""
    given = {k: tidy_line(str(v)[:MOST_Q]) for k, v in query.items()}
    phase = given.get("phase", "") if given.get("phase") in PHASES_ASKED else DEFAULTS["phase"]
    sort = given.get("sort", "")
    department = by_slug(db, slug) if (slug := given.get("department", "")) else None
    search = Search(
        q=given.get("q", ""),
        phase=phase,
        kind=given["kind"] if given.get("kind") in set(Kind) else "",
        department_id=(department.id if department else NOBODY) if slug else None,
        sort=sort if sort in SORTS else usual_sort(phase),
    )
    kept = {"q": search.q, "phase": phase, "kind": search.kind, "department": slug, "sort": sort}
    return Asked(search, read_page(given.get("page", "")), kept)


def usual_sort(phase: str) -> str:
    """What presses comes first where something can still be done, what is new where not."""
    return "closing" if phase in (Phase.OPEN, Phase.UPCOMING) else "recent"


def find(db: Session, search: Search, now: datetime, *, offset: int = 0, most: int = A_PAGE) -> Sequence[Consultation]:
    """One page of a search."""
    rows = select(Consultation).where(*_wanted(db, search, now)).order_by(*_order(search))
    return db.scalars(rows.offset(offset).limit(most)).all()


def count(db: Session, search: Search, now: datetime) -> int:
    return db.scalar(select(func.count()).select_from(Consultation).where(*_wanted(db, search, now))) or 0


def counts(db: Session, search: Search, now: datetime) -> dict[str, int]:
    """How many the same search finds in each phase, and in all."""
    anywhere = _wanted(db, Search(search.q, ALL, search.kind, search.department_id), now)
    each = [func.count(case((_in_phase(str(phase), now), 1))) for phase in Phase]
    *of_phases, total = db.execute(select(*each, func.count()).select_from(Consultation).where(*anywhere)).one()
    return dict(zip(PHASES_ASKED, [*of_phases, total], strict=True))


def after(db: Session, search: Search, last_id: int, now: datetime, *, most: int) -> Sequence[Consultation]:
    """Further ones by number, for whoever takes them all."""
    rows = select(Consultation).where(*_wanted(db, search, now), Consultation.id > last_id)
    return db.scalars(rows.order_by(Consultation.id).limit(most)).all()


def newest(db: Session, search: Search, now: datetime, *, most: int) -> Sequence[Consultation]:
    """What was published last."""
    rows = select(Consultation).where(*_wanted(db, search, now))
    return db.scalars(rows.order_by(Consultation.published_at.desc(), Consultation.id.desc()).limit(most)).all()


def next_turn_of_any(db: Session, now: datetime) -> datetime | None:
    """When the clock alone next changes what lists show: one opens, or one closes."""
    is_public = Consultation.state == EditorialState.PUBLISHED
    opens = select(func.min(Consultation.opens_at)).where(is_public, Consultation.opens_at > now)
    closes = select(func.min(Consultation.closes_at)).where(is_public, Consultation.closes_at > now)
    return min((t for t in (db.scalar(opens), db.scalar(closes)) if t is not None), default=None)


def departments(db: Session) -> Sequence[Department]:
    """Those that have a consultation on the list, by name."""
    leads = select(Consultation.department_id).where(Consultation.state.in_(READABLE))
    return db.scalars(select(Department).where(Department.id.in_(leads)).order_by(Department.name)).all()


def public_ids(db: Session, most: int) -> Sequence[int]:
    """The newest first."""
    rows = select(Consultation.id).where(Consultation.state.in_(READABLE))
    return db.scalars(rows.order_by(Consultation.id.desc()).limit(most)).all()


def _wanted(db: Session, search: Search, now: datetime) -> list[ColumnElement[bool]]:
    found = [Consultation.state.in_(sorted(READABLE)), _in_phase(search.phase, now)]
    if search.q:
        found.append(_has_words(db, search.q))
    if search.kind:
        found.append(Consultation.kind == search.kind)
    if search.department_id is not None:
        found.append(Consultation.department_id == search.department_id)
    return found


def _has_words(db: Session, q: str) -> ColumnElement[bool]:
    """Each word in some form of it, or as the beginning of one, whatever its accents; signs alone find nothing."""
    words = [forms for token in tidy_line(q).split() for forms in _forms(token)][:MOST_WORDS]
    if not words:
        return false()
    if ready.is_sqlite(db):
        query = " AND ".join("(" + " OR ".join(f'"{form}"*' for form in forms) + ")" for forms in words)
        matches: Select[Any] = select(literal_column("rowid")).select_from(table("consultations_search"))
        return Consultation.id.in_(matches.where(text("consultations_search MATCH :words").bindparams(words=query)))
    query = " & ".join("(" + " | ".join(f"{form}:*" for form in forms) + ")" for forms in words)
    index = table("consultations_search", column("consultation_id"), column("document"))
    means = func.to_tsquery(literal_column("'english'"), query)
    return Consultation.id.in_(select(index.c.consultation_id).where(index.c.document.op("@@")(means)))


def _forms(token: str) -> list[list[str]]:
    """The words of what stands between two spaces, each as it was typed and without its accents."""
    typed, folded = _WORD.findall(token), _WORD.findall(fold(token))
    if len(typed) != len(folded):  # signs above Arabic letters take a word apart
        return [[word] for word in folded]
    return [list(dict.fromkeys(pair)) for pair in zip(typed, folded, strict=True)]


def _in_phase(phase: str, now: datetime) -> ColumnElement[bool]:
    """What was withdrawn stands in no phase, and is found among all."""
    if phase == ALL:
        return true()
    holds: Any = PHASES[Phase(phase)](Consultation, now)
    return (Consultation.state == EditorialState.PUBLISHED) & holds


def _order(search: Search) -> tuple[ColumnElement[Any], ...]:
    if search.sort == "closing":
        when = Consultation.opens_at if search.phase == Phase.UPCOMING else Consultation.closes_at
        return (when.asc(), Consultation.id.asc())
    return (Consultation.opens_at.desc(), Consultation.id.desc())
