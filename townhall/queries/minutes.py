"""Minutes as they stand, and what a draft of them says: public things of the log alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.departments.queries import by_ids
from townhall.model import Hall, Minutes, Poll, Question, QuestionText
from townhall.queries import archive, halls
from townhall.queries.archive import Kept
from townhall.rules.lifecycle import Part as HallPart
from townhall.rules.minutes import Asked, Held, Part, Polled
from townhall.rules.questions import PUBLIC


@dataclass(frozen=True)
class Saying:
    """How a draft says an instant, its time of day, a day, the last day before an instant, and a second of the hall."""

    instant: Callable[[datetime], str]
    time: Callable[[datetime], str]
    day: Callable[[date | datetime], str]
    last_day: Callable[[datetime], str]
    clock: Callable[[int], str]


def newest(db: Session, hall_id: int) -> Minutes | None:
    """The version that is written at, or else the one that is published."""
    return db.scalar(select(Minutes).where(Minutes.hall_id == hall_id).order_by(Minutes.version.desc()).limit(1))


def published(db: Session, hall_id: int) -> Sequence[Minutes]:
    """Every version that everyone may read, the newest first."""
    rows = select(Minutes).where(Minutes.hall_id == hall_id, Minutes.published_at.is_not(None))
    return db.scalars(rows.order_by(Minutes.version.desc())).all()


def kept_out(db: Session, hall_id: int) -> list[str]:
    """What questions say that the public may not read, now or before."""
    closed = select(Question).where(Question.hall_id == hall_id, Question.state.not_in(PUBLIC))
    texts = {row.id: row.text for row in db.scalars(closed)}
    earlier = select(QuestionText.text).where(QuestionText.question_id.in_(texts))
    return [*texts.values(), *db.scalars(earlier)]


def held(db: Session, hall: Hall, today: date, now: datetime, say: Saying) -> Held:
    """What the log knows of a hall that has ended."""
    promises = archive.promises(db, hall.id, today)
    found = archive.questions(db, hall, promises, now)
    staged = [one for one in found if one.second is not None]
    rest = [one for one in found if one.second is None]
    return Held(
        facts=_facts(db, hall, say),
        agenda=[
            Part(i.title, i.minutes, _time(i.began_at, say), _time(i.ended_at or hall.ended_at, say))
            for i in halls.agenda(db, hall.id)
        ],
        staged=[_asked(one, say) for one in staged],
        written=[_asked(one, say) for one in rest if one.answer is not None],
        polls=[Polled(p.question, p.answers, _rows(p)) for p in archive.polls(db, hall.id)],
        promises=[_promise(kept, say, at=True) for kept in promises],
        left=[_asked(one, say) for one in rest if one.answer is None],
    )


def _time(at: datetime | None, say: Saying) -> str:
    return say.time(at) if at is not None else ""


def _facts(db: Session, hall: Hall, say: Saying) -> list[str]:
    assert hall.started_at is not None
    assert hall.ended_at is not None
    people = halls.staff_of(db, hall.id)[HallPart.HOST]
    lead = by_ids(db, [hall.department_id]).get(hall.department_id)
    speakers = [f"{one.name} ({one.about})" if one.about else one.name for one in halls.speakers(db, hall.id)]
    turnout = archive.turnout(db, hall)
    facts = [
        (_("Began"), say.instant(hall.started_at)),
        (_("Ended"), say.instant(hall.ended_at)),
        (_("In the room"), hall.venue),
        (_("Held by"), lead.name if lead else ""),
        (_("Host"), ", ".join(one.name for one in people)),
        (_("Speakers"), ", ".join(speakers)),
        (_("Followed at once, at most"), str(turnout.most) if turnout.most else ""),
    ]
    return [f"{name}: {value}" for name, value in facts if value]


def _asked(one: archive.Asked, say: Saying) -> Asked:
    answers = [str(_("Answered in the hall."))] if one.row.answered_at is not None else []
    who = one.department.name if one.department else ""
    if one.answer is not None:
        answers.append(f"{who}: {one.answer.summary}" if who else one.answer.summary)
    elif one.owed is not None:
        by = say.last_day(one.owed.due_at) if one.owed.due_at else ""
        answers.append(str(_("{who} owes a written answer by {by}.")).format(who=who, by=by))
    answers += [str(_("Promised: {what}")).format(what=_promise(kept, say)) for kept in one.promises]
    return Asked(one.row.text, one.row.name, one.row.votes, _clock(one.second, say), answers)


def _clock(second: int | None, say: Saying) -> str:
    """Of the hall, so that nobody takes it for the time of day."""
    return str(_("minute {at}")).format(at=say.clock(second)) if second is not None else ""


def _promise(kept: Kept, say: Saying, *, at: bool = False) -> str:
    facts = [kept.department.name if kept.department else "", say.day(kept.row.due_on)]
    facts += [_clock(kept.second, say)] if at else []
    return f"{kept.row.text} ({', '.join(fact for fact in facts if fact)})"


def _rows(poll: Poll) -> list[str]:
    """Of results that everyone may see."""
    found = poll.results or {}
    if "words" in found:
        return [f"{row['word']}: {row['count']}" for row in found["words"]]
    names = {option["id"]: option["text"] for option in poll.options}
    rows = []
    for row in found.get("options", ()):
        name = names.get(row["id"], str(row["id"]))
        if "points" in row:
            points = str(_("{points} points, place {place}")).format(points=row["points"], place=row["place"])
            rows.append(f"{name}: {points}")
        else:
            rows.append(f"{name}: {row['count']} ({row['percent']} %)")
    return rows
