"""A petition in a story of what led to what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.web.page import Pages
from app.departments.queries import of_officer
from app.outcomes.queries.matters import is_on_desk
from app.outcomes.rules.deadlines import next_midnight
from app.outcomes.trail import is_waited_for
from app.trails.contribution import Member, OwnSteps
from petitions.model.petition import Petition
from petitions.queries.words import matching, words_of
from petitions.rules.lifecycle import STATE_NAMES, PetitionState, is_readable
from petitions.service.followed import PETITION
from petitions.web import uk
from petitions.web.addressed import same_until
from petitions.web.trail import read_story, trail

#: whose text is part of a story; what was rejected later has left it
TOLD = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)


class PetitionStoried:
    """Its part of a story."""

    name: str = _("Petition")
    path = "/petitions/"
    workplace = ""
    drafts_act = "petitions.find"

    def members(self, db: Session, ids: Collection[int], now: datetime) -> Mapping[int, Member]:
        rows = db.scalars(select(Petition).where(Petition.id.in_(ids)))
        return {petition.id: _member(petition, now) for petition in rows}

    def steps(self, db: Session, subject_id: int, pages: Pages, now: datetime) -> OwnSteps:
        petition = db.get_one(Petition, subject_id)
        told = read_story(db, petition)
        midnight = next_midnight(now, pages.settings.zone) if is_waited_for(told.duties) else None
        turns = [at for at in (same_until(petition, now), midnight) if at is not None]
        return OwnSteps(trail(told, pages, now), min(turns, default=None))

    def found(self, db: Session, words: str, most: int, now: datetime, *, drafts: bool) -> Sequence[int]:
        """Drafts of petitions are their creators': nobody links them."""
        asked = words_of(words)
        if not asked:
            return ()
        wanted = select(Petition.id).where(Petition.state.in_(TOLD), Petition.id.in_(matching(db, asked, begun=True)))
        return db.scalars(wanted.order_by(Petition.id.desc()).limit(most)).all()

    def is_theirs(self, db: Session, account: Account, subject_id: int) -> bool:
        """Officials watch over all of them; officers say it of what lies on their department's desk."""
        if account.role == Role.OFFICIAL:
            return True
        department, petition = of_officer(db, account.id), db.get(Petition, subject_id)
        if department is None or petition is None:
            return False
        subject = SubjectRef(PETITION, subject_id)
        return petition.lead_department_id == department.id or is_on_desk(db, department.id, subject)


def _member(petition: Petition, now: datetime) -> Member:
    state = PetitionState(uk.shown_state(petition, now))
    public = state in TOLD and is_readable(state, was_published=bool(petition.was_published or petition.source))
    began = petition.opened_at or petition.created_at
    return Member(petition.action, f"/petitions/{petition.id}", _stands(petition, state), began, public)


def _stands(petition: Petition, state: PetitionState) -> str:
    if petition.answered_at is not None and state != PetitionState.WITHDRAWN:
        words = _("Answered; {count} signatures")
    elif state == PetitionState.OPEN:
        words = _("Open; {count} signatures")
    elif state == PetitionState.CLOSED:
        words = _("Closed; {count} signatures")
    else:
        return str(STATE_NAMES[state])
    return words.format(count=f"{petition.signature_count:,}")
