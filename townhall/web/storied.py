"""A hall in a story of what led to what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.i18n import _
from app.core.web.page import Pages
from app.departments.queries import of_officer
from app.outcomes.rules.deadlines import next_midnight
from app.outcomes.trail import is_waited_for
from app.trails.contribution import Member, OwnSteps
from app.trails.web.part import part_of
from townhall.model import Hall
from townhall.queries import finding, halls
from townhall.rules.lifecycle import HALL_STATE_NAMES, READABLE, HallState
from townhall.service.locking import subject_of
from townhall.web.trail import read_trail


def part(request: Request[Any, Any, Any], db: Session, hall: Hall, now: datetime) -> Mapping[str, Any] | None:
    """For the hall's own page."""
    return part_of(request, db, subject_of(hall.id), now)


class HallStoried:
    """Its part of a story."""

    name: str = _("Town hall")
    path = "/townhalls/"
    workplace = "/hosting/townhalls/{}"
    drafts_act = "townhalls.schedule"

    def members(self, db: Session, ids: Collection[int], now: datetime) -> Mapping[int, Member]:
        return {hall.id: _member(hall) for hall in db.scalars(select(Hall).where(Hall.id.in_(ids)))}

    def steps(self, db: Session, subject_id: int, pages: Pages, now: datetime) -> OwnSteps:
        steps, promised = read_trail(db, db.get_one(Hall, subject_id), pages, now)
        return OwnSteps(steps, next_midnight(now, pages.settings.zone) if is_waited_for(promised) else None)

    def found(self, db: Session, words: str, most: int, now: datetime, *, drafts: bool) -> Sequence[int]:
        search = finding.Search(q=words, state=finding.ALL)
        public = [hall.id for hall in finding.newest(db, search, now, most=most)]
        return [*(_drafts(db, words, most) if drafts else ()), *public][:most]

    def is_theirs(self, db: Session, account: Account, subject_id: int) -> bool:
        """Of the department that holds it, or stands beside it."""
        department, hall = of_officer(db, account.id), db.get(Hall, subject_id)
        if department is None or hall is None:
            return False
        return department.id in (hall.department_id, *(one.id for one in halls.beside(db, subject_id)))


def _drafts(db: Session, words: str, most: int) -> Sequence[int]:
    wanted = select(Hall.id).where(Hall.state == HallState.DRAFT)
    for word in words.split()[: finding.MOST_WORDS]:
        wanted = wanted.where(Hall.title.icontains(word, autoescape=True))
    return db.scalars(wanted.order_by(Hall.id.desc()).limit(most)).all()


def _member(hall: Hall) -> Member:
    state, began = HallState(hall.state), hall.started_at or hall.starts_at or hall.created_at
    return Member(hall.title, f"/townhalls/{hall.id}", str(HALL_STATE_NAMES[state]), began, state in READABLE)
