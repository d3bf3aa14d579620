"""Town halls, and what was asked in them, as the search across rooms finds them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.search.contribution import Document
from townhall.model import Hall, HallDepartment, Question
from townhall.rules.lifecycle import HALL_STATE_NAMES, READABLE, HallState
from townhall.rules.questions import QUESTION_STATE_NAMES, QuestionState

HALL = "townhall"
PLANNERS, MODERATORS = "townhalls.schedule", "townhalls.moderate"
MOST_TITLE = 140
#: each stands on its own; what was joined to another one is found by that
_SHOWN = (QuestionState.OPEN, QuestionState.ANSWERED, QuestionState.ARCHIVED)


class HallsSearched:
    """What was announced; drafts, by those who plan them."""

    name: str = _("Town halls")
    one: str = _("Town hall")
    code = 3
    is_called_by_title = True
    rank = 2.0
    states: Mapping[str, str] = {str(state): name for state, name in HALL_STATE_NAMES.items()}
    owners = frozenset[str]()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Hall.id).where(Hall.id > after).order_by(Hall.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return ()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        rows = db.scalars(select(Hall).where(Hall.id.in_(ids), Hall.state != HallState.DISCARDED)).all()
        beside = _departments_of(db, ids)
        return [_hall(hall, beside.get(hall.id, ())) for hall in rows]


def _hall(hall: Hall, beside: Sequence[int]) -> Document:
    public = hall.state in READABLE
    return Document(
        id=hall.id,
        title=hall.title,
        href=f"/townhalls/{hall.id}" if public else f"/hosting/townhalls/{hall.id}",
        at=hall.starts_at or hall.created_at,
        body="\n\n".join(text for text in (hall.summary, hall.body, hall.venue) if text),
        departments=[hall.department_id, *beside],
        state=hall.state,
        weight=math.log10(1 + hall.taken),
        readers=() if public else (PLANNERS,),
    )


class QuestionsSearched:
    """What everybody reads in a hall and after it; what waits to be checked, by its moderators."""

    name: str = _("Questions")
    one: str = _("Question")
    code = 4
    is_called_by_title = True
    rank = 0.5
    states: Mapping[str, str] = {str(state): name for state, name in QUESTION_STATE_NAMES.items()}
    owners = frozenset({HALL})

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Question.id).where(Question.id > after).order_by(Question.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        wanted = select(Question.id).where(Question.hall_id == owner.id, Question.id > after)
        return db.scalars(wanted.order_by(Question.id).limit(most)).all()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        wanted = select(Question).join(Hall, Hall.id == Question.hall_id)
        of_these = Question.state.in_((*_SHOWN, QuestionState.WAITING)) & Question.id.in_(ids)
        return [_question(one) for one in db.scalars(wanted.where(of_these, Hall.state.in_(READABLE)))]


def _question(one: Question) -> Document:
    public = one.state in _SHOWN
    return Document(
        id=one.id,
        title=excerpt(one.text, MOST_TITLE),
        href=f"/townhalls/{one.hall_id}#question-{one.id}" if public else f"/moderation/townhalls/{one.hall_id}",
        at=one.published_at or one.asked_at,
        body=one.text if len(one.text) > MOST_TITLE else "",
        departments=[one.department_id] if one.department_id else (),
        state=one.state,
        weight=math.log10(1 + one.votes),
        readers=() if public else (MODERATORS,),
        under=(SubjectRef(HALL, one.hall_id),),
        keys=(f"{HALL}:{one.hall_id}",),
    )


def _departments_of(db: Session, ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    rows = select(HallDepartment.hall_id, HallDepartment.department_id).where(HallDepartment.hall_id.in_(ids))
    for hall, department in db.execute(rows.order_by(HallDepartment.department_id)):
        found.setdefault(hall, []).append(department)
    return found
