"""How town halls do, as published figures. A hall counts on the day on which it ended."""

from __future__ import annotations

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.performance.contribution import Measure, Share, Unit
from app.performance.rules.periods import Span
from townhall.model import Hall, Presence, Question
from townhall.rules.questions import PUBLIC, QuestionState

ROOM = _("Town halls")
#: halls that ended in a week, and that a department answers questions of for some weeks after
SETTLES = 60


def measures() -> list[Measure]:
    return [
        Measure(
            "hall-places-filled",
            ROOM,
            _("Places in town halls that were filled"),
            _(
                "Of the places that people had registered for, how many were filled when most people followed the hall at once. Who "
                "only watches need not register: a hall that more people followed than had registered counts as full."
            ),
            _("Places taken, and the most people who followed through one of our servers at once."),
            Unit.SHARE,
            _filled,
            (_("Filled"), _("Registered")),
            settles=7,
        ),
        Measure(
            "hall-questions-answered",
            ROOM,
            _("Questions in town halls that were answered"),
            _(
                "Of the questions that everyone could read, how many were answered in the hall or later in writing. Questions "
                "that were joined to another one count with it."
            ),
            _("The record of each hall, which its page shows."),
            Unit.SHARE,
            _answered,
            (_("Answered"), _("Questions")),
            settles=SETTLES,
        ),
    ]


def _filled(db: Session, span: Span) -> Share:
    most = select(Presence.hall_id, func.max(Presence.most).label("most")).group_by(Presence.hall_id).subquery()
    came = func.coalesce(most.c.most, 0)
    filled = case((came < Hall.taken, came), else_=Hall.taken)
    sums = select(func.sum(filled), func.sum(Hall.taken)).outerjoin(most, most.c.hall_id == Hall.id)
    part, whole = db.execute(sums.where(Hall.ended_at >= span.begin, Hall.ended_at < span.end)).one()
    return Share(int(part or 0), int(whole or 0))


def _answered(db: Session, span: Span) -> Share:
    alone = (Question.state.in_(PUBLIC), Question.state != QuestionState.MERGED)
    answered = or_(Question.answered_at.is_not(None), Question.state == QuestionState.ANSWERED)
    sums = select(func.sum(case((answered, 1), else_=0)), func.count()).join(Hall, Hall.id == Question.hall_id)
    part, whole = db.execute(sums.where(Hall.ended_at >= span.begin, Hall.ended_at < span.end, *alone)).one()
    return Share(int(part or 0), int(whole or 0))
