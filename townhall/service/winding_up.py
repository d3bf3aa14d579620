"""What the end of a hall brings: what nobody answered becomes a department's duty. No question is lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.outcomes.model import Referral
from app.outcomes.service.referring import Referring
from townhall.model import Hall, Question
from townhall.rules.lifecycle import HallState
from townhall.rules.news import NewsKind
from townhall.rules.questions import QuestionState
from townhall.service import locking, telling
from townhall.service.answering import ticket

A_STEP = 5


def wind_up_some(db: Session, referring: Referring, now: datetime) -> int:
    """One step: halls that have ended; answers how many."""
    ended = select(Hall.id).where(Hall.state == HallState.ENDED, Hall.wound_up_at.is_(None))
    ids = db.scalars(ended.order_by(Hall.id).limit(A_STEP)).all()
    for hall_id in ids:
        _wind_up(db, referring, hall_id, now)
    return len(ids)


def _wind_up(db: Session, referring: Referring, hall_id: int, now: datetime) -> None:
    hall = locking.locked(db, hall_id)
    if hall.state != HallState.ENDED or hall.wound_up_at is not None or hall.ended_at is None:
        return
    hall.wound_up_at = now
    departments = set()
    for question in left_open(db, hall_id):
        department = question.department_id or hall.department_id
        question.department_id = department
        departments.add(department)
        ticket(db, referring, question, department, hall.ended_at)
    telling.announce(db, hall_id, NewsKind.OUTCOME, 0, now)
    db.flush()
    if departments:
        touch(db, "outcomes", *(f"department:{number}" for number in departments))
    touch(db, f"townhall:{hall_id}", "townhalls")


def leave_some(db: Session, referring: Referring, now: datetime) -> int:
    """Questions that were opened again after their hall was wound up, as a moderator may; answers how many."""
    owed = exists().where(Referral.subject_kind == locking.QUESTION, Referral.subject_id == Question.id)
    again = (
        select(Question.id, Question.hall_id)
        .join(Hall, Hall.id == Question.hall_id)
        .where(Hall.wound_up_at.is_not(None), Question.state == QuestionState.OPEN, ~owed)
    )
    found = db.execute(again.order_by(Question.id).limit(A_STEP)).all()
    for question_id, hall_id in found:
        _leave(db, referring, hall_id, question_id, now)
    return len(found)


def _leave(db: Session, referring: Referring, hall_id: int, question_id: int, now: datetime) -> None:
    hall = locking.locked(db, hall_id)
    question = db.get_one(Question, question_id, populate_existing=True)
    if question.state != QuestionState.OPEN:
        return
    question.department_id = question.department_id or hall.department_id
    ticket(db, referring, question, question.department_id, now)
    db.flush()
    touch(db, "outcomes", f"department:{question.department_id}", f"townhall:{hall_id}")


def left_open(db: Session, hall_id: int) -> list[Question]:
    """Public questions that nobody answered, the most wanted first."""
    rows = select(Question).where(Question.hall_id == hall_id, Question.state == QuestionState.OPEN)
    return list(db.scalars(rows.order_by(Question.votes.desc(), Question.id)))
