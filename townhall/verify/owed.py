"""What ``townsquare verify`` checks of what halls leave behind: promises, and questions that nobody answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.outcomes.model import Commitment, Referral
from app.site import Invariant
from townhall.model import Event, Hall, Minutes, Promise, Question
from townhall.rules.questions import QuestionState

HALL, QUESTION = "townhall", "question"
#: a question that is opened again after its hall has so long until it is somebody's duty
GRACE = timedelta(minutes=10)
MOST = 5


def promises_are_commitments(db: Session, now: datetime) -> Iterable[str]:
    """Every promise is a commitment about its hall, stands in the log, and no commitment about a hall lacks its promise."""
    about = (Commitment.subject_kind == HALL) & (Commitment.subject_id == Promise.hall_id)
    astray = select(Promise.commitment_id, Promise.hall_id).where(
        ~exists().where(Commitment.id == Promise.commitment_id, about)
    )
    for number, hall in db.execute(astray.limit(MOST)):
        yield f"promise {number} of hall {hall} is no commitment about it"
    logged = (
        (Event.hall_id == Promise.hall_id)
        & (Event.kind == "commitment.added")
        & (Event.thing_id == Promise.commitment_id)
    )
    for number in db.scalars(select(Promise.commitment_id).where(~exists().where(logged)).limit(MOST)):
        yield f"promise {number} is not in the log of its hall"
    bare = select(Commitment.id).where(
        Commitment.subject_kind == HALL, ~exists().where(Promise.commitment_id == Commitment.id)
    )
    for number in db.scalars(bare.limit(MOST)):
        yield f"commitment {number} about a hall has no promise"


def open_questions_are_owed(db: Session, now: datetime) -> Iterable[str]:
    """Once a hall was wound up, whatever nobody answered is some department's duty."""
    owed = exists().where(Referral.subject_kind == QUESTION, Referral.subject_id == Question.id)
    lost = (
        select(Question.id, Question.hall_id)
        .join(Hall, Hall.id == Question.hall_id)
        .where(
            Hall.wound_up_at.is_not(None),
            Question.state == QuestionState.OPEN,
            Question.settled_at < now - GRACE,
            ~owed,
        )
    )
    for question, hall in db.execute(lost.limit(MOST)):
        yield f"question {question} of hall {hall} was left open and is nobody's duty"


def minutes_are_in_order(db: Session, now: datetime) -> Iterable[str]:
    """One version a number, and none but the newest waits to be published."""
    twice = select(Minutes.hall_id, Minutes.version).group_by(Minutes.hall_id, Minutes.version)
    for hall, version in db.execute(twice.having(func.count() > 1).limit(MOST)):
        yield f"hall {hall} has version {version} of its minutes twice"
    newest = select(Minutes.hall_id, func.max(Minutes.version).label("last")).group_by(Minutes.hall_id).subquery()
    waiting = (
        select(Minutes.hall_id, Minutes.version)
        .join(newest, newest.c.hall_id == Minutes.hall_id)
        .where(Minutes.published_at.is_(None), Minutes.version < newest.c.last)
    )
    for hall, version in db.execute(waiting.limit(MOST)):
        yield f"version {version} of the minutes of hall {hall} was passed over"


INVARIANTS: list[Invariant] = [
    Invariant("Promises of town halls are commitments", promises_are_commitments),
    Invariant("What town halls left open is owed by a department", open_questions_are_owed),
    Invariant("Minutes of town halls are in order", minutes_are_in_order),
]
