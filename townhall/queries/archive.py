"""What was asked, answered and promised in a hall, as its archive shows it: nothing of what is not public."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.text.plain import fold
from app.departments.model import Department
from app.departments.queries import by_ids
from app.files.model import StoredFile
from app.files.queries import files_of_many
from app.outcomes.model import Answer, Commitment, Referral
from app.outcomes.queries import is_overdue
from app.outcomes.rules.commitments import OPEN
from app.outcomes.rules.referrals import OWED
from app.outcomes.service.documents import owner
from townhall.model import Caption, Hall, Participant, Poll, Presence, Promise, Question
from townhall.queries.pages import rejected
from townhall.rules.lifecycle import Place
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC, QuestionState

#: what referrals call a question; services name it alike
QUESTION = "question"


@dataclass(frozen=True)
class Asked:
    """A question with whatever came of it. ``second``: of the hall, when its answering began; None: not on stage."""

    row: Question
    second: int | None
    joined: Sequence[Question] = ()
    #: the newest version of the department's written answer
    answer: Answer | None = None
    corrected: bool = False
    #: that the department put beside its answer
    documents: Sequence[StoredFile] = ()
    #: who owes an answer, or gave it
    department: Department | None = None
    owed: Referral | None = None
    overdue: bool = False
    promises: Sequence[Kept] = ()


@dataclass(frozen=True)
class Kept:
    """A promise with its department and second. ``late``: days over its day; 0 where it is not."""

    row: Commitment
    department: Department | None
    second: int
    question_id: int | None
    late: int = 0


@dataclass(frozen=True)
class Turnout:
    """Who came and what they did, in figures. ``most``: who followed at once, at most."""

    most: int
    registered: int
    took_part: int
    asked: int
    accepted: int
    votes: int
    refused: Mapping[str, int] = field(default_factory=dict)


def questions(
    db: Session, hall: Hall, promises: Sequence[Kept], now: datetime, only: Collection[int] | None = None
) -> Sequence[Asked]:
    """Public ones that stand by themselves: those on stage in their order, then the most wanted. ``only``: of these."""
    wanted = select(Question).where(Question.hall_id == hall.id, Question.state.in_(PUBLIC))
    rows = db.scalars(wanted if only is None else wanted.where(Question.id.in_(only))).all()
    joined: defaultdict[int, list[Question]] = defaultdict(list)
    for row in rows:
        if row.merged_into_id is not None:
            joined[row.merged_into_id].append(row)
    alone = [row for row in rows if row.state != QuestionState.MERGED]
    duties, answers = _duties(db, [row.id for row in rows]), _answers(db, [row.id for row in rows])
    answered_as = {row.id: _answered_as(row.id, joined, answers) for row in alone}
    departments = by_ids(db, {r.department_id for r in duties.values()})
    documents = files_of_many(db, [owner(duties[number].id) for number in answers])
    papers = {number: documents.get(owner(duties[number].id), ()) for number in answers}
    offices = {number: departments.get(duty.department_id or 0) for number, duty in duties.items()}
    found = [
        Asked(
            row=row,
            second=_second(hall, row.staged_at or row.answered_at),
            joined=sorted(joined[row.id], key=lambda q: q.id),
            answer=answers.get(answered_as[row.id], (None, False))[0],
            corrected=answers.get(answered_as[row.id], (None, False))[1],
            documents=papers.get(answered_as[row.id], ()),
            department=offices.get(answered_as[row.id]),
            owed=duties[row.id] if row.id in duties and duties[row.id].state in OWED else None,
            overdue=row.id in duties and is_overdue(duties[row.id], now),
            promises=[p for p in promises if p.question_id == row.id],
        )
        for row in alone
    ]
    return sorted(found, key=lambda a: (a.second is None, a.second or 0, -a.row.votes, a.row.id))


def _answered_as(
    number: int, joined: Mapping[int, Sequence[Question]], answers: Mapping[int, tuple[Answer, bool]]
) -> int:
    """The question whose written answer stands with this one: its own, else the newest of those that are joined to it."""
    below = list(joined.get(number, ()))
    for one in below:
        below.extend(joined.get(one.id, ()))
    given = [one.id for one in below if one.id in answers]
    return number if number in answers or not given else max(given, key=lambda n: (answers[n][0].at, n))


def promises(db: Session, hall_id: int, today: date) -> Sequence[Kept]:
    """In the order in which they were made. ``today``: the local day."""
    rows = db.execute(
        select(Promise, Commitment)
        .join(Commitment, Commitment.id == Promise.commitment_id)
        .where(Promise.hall_id == hall_id, Commitment.withdrawn_at.is_(None))
        .order_by(Promise.second, Promise.commitment_id)
    ).all()
    departments = by_ids(db, {commitment.department_id for _promise, commitment in rows})
    return [
        Kept(
            row=commitment,
            department=departments.get(commitment.department_id),
            second=promise.second,
            question_id=promise.question_id,
            late=max(0, (today - commitment.due_on).days) if commitment.progress in OPEN else 0,
        )
        for promise, commitment in rows
    ]


def polls(db: Session, hall_id: int) -> Sequence[Poll]:
    """Those whose results everyone may see."""
    wanted = select(Poll).where(Poll.hall_id == hall_id, Poll.state == PollState.REVEALED, Poll.removed_at.is_(None))
    return db.scalars(wanted.order_by(Poll.revealed_at, Poll.id)).all()


def captions(db: Session, hall_id: int, words: str = "") -> Sequence[Caption]:
    """Every line, or those that have all of these words, however they are written."""
    rows = db.scalars(select(Caption).where(Caption.hall_id == hall_id).order_by(Caption.number)).all()
    wanted = fold(words).split()
    return [row for row in rows if all(word in fold(row.text) for word in wanted)] if wanted else rows


def how_many_captions(db: Session, hall_id: int) -> int:
    return db.scalar(select(func.count()).select_from(Caption).where(Caption.hall_id == hall_id)) or 0


def turnout(db: Session, hall: Hall) -> Turnout:
    states: dict[str, int] = {
        state: count
        for state, count in db.execute(
            select(Question.state, func.count()).where(Question.hall_id == hall.id).group_by(Question.state)
        )
    }
    took_part = select(func.count(func.distinct(Question.participant_id))).where(Question.hall_id == hall.id)
    registered = select(func.count()).where(Participant.hall_id == hall.id, Participant.place == Place.REGISTERED)
    most = select(func.max(Presence.most)).where(Presence.hall_id == hall.id)
    votes = select(func.sum(Question.votes)).where(
        Question.hall_id == hall.id, Question.state.in_(PUBLIC - {QuestionState.MERGED})
    )
    return Turnout(
        most=db.scalar(most) or 0,
        registered=db.scalar(registered) or 0,
        took_part=db.scalar(took_part) or 0,
        asked=sum(n for state, n in states.items() if state != QuestionState.REMOVED),
        accepted=sum(n for state, n in states.items() if state in PUBLIC),
        votes=int(db.scalar(votes) or 0),
        refused=rejected(db, hall.id),
    )


def _second(hall: Hall, at: datetime | None) -> int | None:
    if at is None or hall.started_at is None or at < hall.started_at or (hall.ended_at and at > hall.ended_at):
        return None
    return int((at - hall.started_at).total_seconds())


def _duties(db: Session, ids: Sequence[int]) -> Mapping[int, Referral]:
    rows = select(Referral).where(Referral.subject_kind == QUESTION, Referral.subject_id.in_(ids))
    return {row.subject_id: row for row in db.scalars(rows.order_by(Referral.id))}


def _answers(db: Session, ids: Sequence[int]) -> Mapping[int, tuple[Answer, bool]]:
    rows = db.execute(
        select(Referral.subject_id, Answer)
        .join(Answer, Answer.referral_id == Referral.id)
        .where(Referral.subject_kind == QUESTION, Referral.subject_id.in_(ids), Answer.withdrawn_at.is_(None))
        .order_by(Answer.version)
    )
    return {subject: (answer, answer.version > 1) for subject, answer in rows}
