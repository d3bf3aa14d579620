"""Asking, for oneself or as a clerk for somebody who is not online, and taking a question back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.events import announce
from app.core.i18n import _
from app.core.security import events as security
from app.moderation import cases as moderation
from app.moderation import reporting
from townhall.events import QuestionPublished
from townhall.model import Participant, Question, QuestionText
from townhall.rules.asking import (
    NoAnonymousQuestions,
    NotYourQuestion,
    QuestionElsewhere,
    read_language,
    read_public_name,
    read_question,
    wait_ms,
)
from townhall.rules.commands import RateLimited
from townhall.rules.lifecycle import HallState
from townhall.rules.operations import Ask, EnterQuestion, OneQuestion
from townhall.rules.questions import Origin, QuestionState
from townhall.service import moving, screening
from townhall.service.commanding import Work
from townhall.service.screening import question_ref

Q = QuestionState


def ask(work: Work, d: Ask) -> Mapping[str, Any]:
    """``question.ask``: ``{"question": id, "state": "waiting" | "open"}``. Ahead of the hall, too."""
    text = read_question(d.text, work.means.policy.question_most)
    person = _one_at_a_time(work.db, work.person)
    if d.anonymous and not work.hall.anonymous_allowed:
        raise NoAnonymousQuestions
    if (wait := wait_ms(person.asked_last_at, work.hall.slow_seconds, work.now)) > 0:
        raise RateLimited(retry_ms=wait)
    name = "" if d.anonymous else _name_of(person, d.name)
    person.asked_last_at = work.now
    language = read_language(d.language) or person.language
    noticed = screening.look(work.db, work.hall, text, person, work.now)
    question = _stored(
        work,
        text=text,
        participant_id=person.id,
        anonymous=d.anonymous,
        name=name,
        language=language,
        state=noticed.state,
    )
    _bring_in(work, question, noticed)
    return {"question": question.id, "state": question.state}


def enter(work: Work, d: EnterQuestion) -> Mapping[str, Any]:
    """``question.enter``: what came by telephone, on paper or in the room, as it came; the clerk is on record."""
    if d.origin not in set(Origin) - {Origin.WEB}:
        raise Invalid([FieldError("origin", _("Say how the question came: by telephone, on paper or in the room."))])
    text = read_question(d.text, work.means.policy.question_most)
    name = read_public_name(d.name) if d.name.strip() else ""
    noticed = screening.look(work.db, work.hall, text, None, work.now)
    question = _stored(
        work,
        text=text,
        origin=d.origin,
        clerk_id=work.account_id,
        anonymous=not name,
        name=name,
        state=noticed.state,
    )
    _bring_in(work, question, noticed)
    return {"question": question.id, "state": question.state}


def withdraw(work: Work, d: OneQuestion) -> Mapping[str, Any]:
    """``question.withdraw``: one's own alone. Twice is as once; what a moderator refused stays as it is."""
    question = moving.found(work.db, work.hall, d.question)
    if question.participant_id != work.person.id:
        security.note("a hall: question.withdraw of somebody else's question")
        raise NotYourQuestion
    if question.state in (Q.REJECTED, Q.HIDDEN):
        raise QuestionElsewhere(state=question.state)
    if question.state != Q.WITHDRAWN:
        moving.move(work.db, work.hall, question, Q.WITHDRAWN, work.now, by=None)
        moderation.close_case(work.db, question_ref(question.id), work.now)
        reporting.handle(work.db, question_ref(question.id), up_to=None, by=None, now=work.now)
    return {"question": question.id, "state": question.state}


def _one_at_a_time(db: Session, person: Participant) -> Participant:
    """Two questions of one person at the same moment wait for each other: slow mode counts both."""
    return db.get_one(Participant, person.id, with_for_update={"key_share": True}, populate_existing=True)


def _name_of(person: Participant, given: str) -> str:
    """What stands beside all their questions here: the name they gave with the first."""
    if not person.name:
        person.name = read_public_name(given)
    return person.name


def _stored(work: Work, *, text: str, state: QuestionState, **columns: Any) -> Question:
    question = Question(
        hall_id=work.hall.id,
        text=text,
        state=state,
        ahead=work.hall.state == HallState.SCHEDULED,
        asked_at=work.now,
        settled_at=work.now,
        published_at=work.now if state is Q.OPEN else None,
        **columns,
    )
    work.db.add(question)
    work.db.flush()
    work.db.add(QuestionText(question_id=question.id, rev=1, text=text, at=work.now, by_id=question.clerk_id))
    return question


def _bring_in(work: Work, question: Question, noticed: screening.Noticed) -> None:
    """Before the moderators, or at once before everyone."""
    if noticed.state is Q.WAITING:
        screening.submit(work.db, work.hall, question, noticed.found, work.now)
        work.happened("question.asked", question.id, public=False)
    else:
        work.happened("question.published", question.id)
        _announce(work.db, question, work.now)


def _announce(db: Session, question: Question, now: datetime) -> None:
    announce(db, QuestionPublished(question.hall_id, question.id, now))
