"""What waits at the desk in numbers: how many, since when, and what is new; the same for everyone who looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.core.i18n import language
from app.core.remember import Remembered
from app.moderation import queries, reporting
from app.moderation.cases import DESK
from app.moderation.model import Batch, Case
from app.moderation.promise import free_days
from app.moderation.queue import Desk, is_held_by_a_check
from app.moderation.rules.promise import FreeDays
from app.moderation.rules.standards import Rule
from app.moderation.rules.verdicts import UNDO_FOR
from app.moderation.rules.wanted import STATES

#: touched where a rule is worded anew
STANDARDS = "standards"
MOST_NEW = 100


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
    held = func.sum(case((is_held_by_a_check(), 1), else_=0))
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


_LEASES = select(Case.claimed_by_id, Case.claimed_until).where(Case.claimed_by_id.is_not(None), Case.state == "waiting")
