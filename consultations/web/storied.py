"""A consultation in a story of what led to what."""

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
from app.outcomes.trail import is_waited_for, read_duties
from app.trails.contribution import Member, OwnSteps
from app.trails.web.part import part_of
from consultations import queries
from consultations.model import Consultation
from consultations.queries import finding
from consultations.rules.lifecycle import EDITORIAL_NAMES, PHASE_NAMES, READABLE, next_turn, phase_of
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.locking import subject_of
from consultations.web.trail import trail


def part(
    request: Request[Any, Any, Any], db: Session, consultation: Consultation, now: datetime
) -> Mapping[str, Any] | None:
    """For the consultation's own page."""
    return part_of(request, db, subject_of(consultation.id), now)


#: not public yet, and on their way
DRAFTS = (E.DRAFT, E.IN_REVIEW, E.APPROVED)


class ConsultationStoried:
    """Its part of a story."""

    name: str = _("Consultation")
    path = "/consultations/"
    workplace = "/hosting/consultations/{}"
    drafts_act = "consultations.edit"

    def members(self, db: Session, ids: Collection[int], now: datetime) -> Mapping[int, Member]:
        rows = db.scalars(select(Consultation).where(Consultation.id.in_(ids)))
        return {one.id: _member(one, now) for one in rows}

    def steps(self, db: Session, subject_id: int, pages: Pages, now: datetime) -> OwnSteps:
        one = db.get_one(Consultation, subject_id)
        duties = read_duties(db, subject_of(one.id), [one.department_id])
        midnight = next_midnight(now, pages.settings.zone) if is_waited_for(duties) else None
        turns = [at for at in (next_turn(one, now), midnight) if at is not None]
        return OwnSteps(trail(one, queries.date_changes(db, one.id), duties, pages, now), min(turns, default=None))

    def found(self, db: Session, words: str, most: int, now: datetime, *, drafts: bool) -> Sequence[int]:
        search = finding.Search(q=words, phase=finding.ALL, sort="recent")
        public = [one.id for one in finding.newest(db, search, now, most=most)]
        return [*(_drafts(db, words, most) if drafts else ()), *public][:most]

    def is_theirs(self, db: Session, account: Account, subject_id: int) -> bool:
        """Of the department that asks, or helps."""
        department, one = of_officer(db, account.id), db.get(Consultation, subject_id)
        if department is None or one is None:
            return False
        return department.id in (one.department_id, *queries.supporting(db, subject_id))


def _drafts(db: Session, words: str, most: int) -> Sequence[int]:
    wanted = select(Consultation.id).where(Consultation.state.in_(DRAFTS))
    for word in words.split()[: finding.MOST_WORDS]:
        wanted = wanted.where(Consultation.title.icontains(word, autoescape=True))
    return db.scalars(wanted.order_by(Consultation.id.desc()).limit(most)).all()


def _member(one: Consultation, now: datetime) -> Member:
    began = one.opens_at or one.published_at or one.created_at
    return Member(one.title, f"/consultations/{one.id}", _stands(one, now), began, E(one.state) in READABLE)


def _stands(one: Consultation, now: datetime) -> str:
    phase = phase_of(one, now) if one.state == E.PUBLISHED else None
    return str(PHASE_NAMES[phase] if phase is not None else EDITORIAL_NAMES[E(one.state)])
