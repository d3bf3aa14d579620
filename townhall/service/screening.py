"""Putting questions before the moderators, as every text here, and what automatic signals ask for first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.moderation import cases as moderation
from app.moderation import signals
from app.moderation.rules.verdicts import Origin
from townhall.model import Hall, Participant, Question
from townhall.rules.asking import digest_of, first_state
from townhall.rules.questions import QuestionState
from townhall.service.locking import QUESTION, subject_of

log = logging.getLogger("townsquare.townhall")
MOST_EXCERPT = 200


@dataclass(frozen=True)
class Noticed:
    """What becomes of a new question, and what the checks said."""

    state: QuestionState
    found: Sequence[Any] = ()


def question_ref(question_id: int) -> SubjectRef:
    return SubjectRef(QUESTION, question_id)


def look(db: Session, hall: Hall, text: str, person: Participant | None, now: datetime) -> Noticed:
    """Signals may hold a question, never refuse it; where they fail, a person looks first."""
    account = db.get(Account, person.account_id) if person is not None and person.account_id is not None else None
    try:
        with db.begin_nested():
            noticed = signals.look(db, text, author=account, context=subject_of(hall.id), now=now)
        held, found = noticed.hold, tuple(noticed.found)
    except Exception:
        log.exception("signals failed: the question waits for a person")
        held, found = True, ()
    return Noticed(first_state(screening=hall.screening, held=held), found)


def submit(db: Session, hall: Hall, question: Question, found: Sequence[Any], now: datetime) -> None:
    """One case. Of who asked anonymously it says no account."""
    moderation.open_case(
        db,
        question_ref(question.id),
        digest_of(question.text, question.name),
        now,
        origin=Origin.NEW if hall.screening else Origin.SIGNAL,
        author_id=None if question.anonymous else account_of(db, question),
        excerpt=excerpt(question.text, MOST_EXCERPT),
        context=subject_of(hall.id),
        signals=found,
    )


def account_of(db: Session, question: Question) -> int | None:
    """Of whoever asked it, where they have one: so that nobody judges their own, and for nothing that is shown."""
    person = db.get(Participant, question.participant_id) if question.participant_id is not None else None
    return person.account_id if person is not None else None
