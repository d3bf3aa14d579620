"""Shutting somebody out of a hall, and letting them in again: their votes and answers leave every count, and return.

A ban can name the question: who asked anonymously stays unknown, so what is shown of bans is when, by whom and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.freshness import touch
from app.core.i18n import _
from app.core.text.plain import length, tidy
from townhall.model import Ban, Hand, Participant, PollAnswer, Upvote
from townhall.rules.commands import NoSuchThing
from townhall.rules.operations import SetBan
from townhall.rules.polls import PollState
from townhall.service import families, locking, log, moving, polling
from townhall.service.commanding import Work

REASON_MOST = 500


def set_ban(work: Work, d: SetBan) -> Mapping[str, Any]:
    """``ban.set``: ``{"ban": number, "on": …}``. Setting it twice changes nothing."""
    reason = tidy(d.reason)
    if length(reason) > REASON_MOST:
        raise Invalid([FieldError("reason", _("Keep the reason to 500 characters."))])
    person = _locked(work.db, _whom(work, d), work.hall.id)
    row = _newest(work.db, person)
    if d.on == (person.banned_at is not None):
        return {"ban": row.id if row else None, "on": d.on}
    if d.on:
        row = Ban(hall_id=work.hall.id, participant_id=person.id, at=work.now, by_id=work.account_id, reason=reason)
        work.db.add(row)
        if d.participant is not None:  # else a hand that goes down would say whose question it was
            _lower(work, person)
    elif row is not None:
        row.undone_at, row.undone_by_id = work.now, work.account_id
    person.banned_at = work.now if d.on else None
    work.db.flush()
    recount(work, person.id)
    number = row.id if row else None
    work.happened("ban.set", number, public=False, on=int(d.on))
    about = locking.subject_of(work.hall.id)
    facts = {"ban": number, "on": d.on}
    audit.record(work.db, "townhalls.ban", about, by=work.account_id, now=work.now, facts=facts)
    touch(work.db, log.page_key(work.hall.id))
    return {"ban": number, "on": d.on}


def recount(work: Work, participant_id: int) -> None:
    """Every figure that one participant has a part in; results that are shown already are shown anew."""
    voted = work.db.scalars(select(Upvote.question_id).where(Upvote.participant_id == participant_id)).all()
    families.recount(work.db, voted)
    answered = work.db.scalars(select(PollAnswer.poll_id).where(PollAnswer.participant_id == participant_id)).all()
    for poll in polling.recount(work.db, answered):
        if poll.state == PollState.REVEALED:
            work.happened("poll.revealed", poll.id)


def _whom(work: Work, d: SetBan) -> int:
    if [d.participant, d.question, d.ban].count(None) != 2:
        raise Invalid([FieldError("participant", _("Say who: by participant, by question or by ban, one of them."))])
    if d.participant is not None:
        return d.participant
    if d.ban is not None:
        ban = work.db.get(Ban, d.ban)
        if ban is None or ban.hall_id != work.hall.id:
            raise NoSuchThing
        return ban.participant_id
    question = moving.found(work.db, work.hall, d.question or 0)
    if question.participant_id is None:
        raise Invalid([FieldError("question", _("A clerk entered this question: there is nobody to exclude."))])
    return question.participant_id


def _locked(db: Session, participant_id: int, hall_id: int) -> Participant:
    person = db.get(Participant, participant_id, with_for_update={"key_share": True}, populate_existing=True)
    if person is None or person.hall_id != hall_id:
        raise NoSuchThing
    return person


def _newest(db: Session, person: Participant) -> Ban | None:
    theirs = select(Ban).where(Ban.participant_id == person.id, Ban.undone_at.is_(None))
    return db.scalars(theirs.order_by(Ban.id.desc()).limit(1)).first()


def _lower(work: Work, person: Participant) -> None:
    hand = work.db.get(Hand, (work.hall.id, person.id))
    if hand is not None and hand.lowered_at is None:
        hand.lowered_at = work.now
        work.happened("hand.set", person.id, public=False)
