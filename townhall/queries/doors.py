"""Halls as moderators and departments come to them: what is live or coming, and what waits there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from townhall.model import Hall, HallDepartment, Question
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState

MOST = 50
#: the one that is live first, then the next to come, then what ended last
_ORDER = (
    case((Hall.state == HallState.LIVE, 0), (Hall.state == HallState.SCHEDULED, 1), else_=2),
    case((Hall.state == HallState.SCHEDULED, Hall.starts_at)),
    Hall.starts_at.desc(),
    Hall.id,
)


class Door(NamedTuple):
    """A hall, and how many of its questions wait there: for a moderator, or for an answer."""

    hall: Hall
    waiting: int


def to_moderate(db: Session) -> Sequence[Door]:
    """Live ones and those to come, with how many questions wait to be checked; ended ones only while some do."""
    waiting = _count(Question.state == QuestionState.WAITING)
    wanted = or_(Hall.state.in_((HallState.LIVE, HallState.SCHEDULED)), (Hall.state == HallState.ENDED) & (waiting > 0))
    rows = db.execute(select(Hall, waiting).where(wanted).order_by(*_ORDER).limit(MOST))
    return [Door(hall, count) for hall, count in rows]


def to_answer(db: Session, department_id: int) -> Sequence[Door]:
    """Those that this department leads or takes part in, with how many public questions are open."""
    public = (HallState.LIVE, HallState.SCHEDULED, HallState.ENDED)
    wanted = select(Hall, _count(Question.state == QuestionState.OPEN)).where(
        Hall.state.in_(public), _of(department_id)
    )
    return [Door(hall, count) for hall, count in db.execute(wanted.order_by(*_ORDER).limit(MOST))]


def takes_part(db: Session, hall_id: int, department_id: int) -> Hall | None:
    """The hall, where it is one of this department's and the public may read it."""
    public = (HallState.LIVE, HallState.SCHEDULED, HallState.ENDED)
    return db.scalar(select(Hall).where(Hall.id == hall_id, Hall.state.in_(public), _of(department_id)))


def _of(department_id: int) -> ColumnElement[bool]:
    beside = select(HallDepartment.hall_id).where(HallDepartment.department_id == department_id)
    return or_(Hall.department_id == department_id, Hall.id.in_(beside))


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(Question.hall_id == Hall.id, which).scalar_subquery()  # type: ignore[return-value]
