"""Rows of outcomes with what stands beside them on public pages, read for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.departments.model import Department
from app.outcomes.contribution import Referred
from app.outcomes.model import Answer, Commitment, Referral
from app.outcomes.queries import public
from app.outcomes.queries.public import Moment, Subjects
from app.outcomes.rules.commitments import is_overdue
from app.outcomes.rules.deadlines import last_day
from app.outcomes.rules.referrals import OWED
from app.outcomes.trail import Duties


@dataclass(frozen=True)
class ShownPromise:
    """``late``: days since its day, 0 where it is not overdue."""

    row: Commitment
    department: Department | None
    late: int = 0


@dataclass(frozen=True)
class ShownOutcome:
    """What people asked, what was answered, what was promised. ``late``: days since the answer was due."""

    row: Referral
    subject: Referred
    department: Department | None
    answer: Answer | None
    promises: Sequence[ShownPromise]
    said: Mapping[str, int]
    late: int = 0

    @property
    def is_owed(self) -> bool:
        return self.row.state in OWED


@dataclass(frozen=True)
class PromiseOfSubject:
    """A promise with what it is about, and the answer that it came with."""

    promise: ShownPromise
    subject: Referred
    answer: Answer | None = None


def outcomes(
    db: Session, subjects: Subjects, rows: Sequence[Referral], at: Moment, zone: ZoneInfo
) -> list[ShownOutcome]:
    """In the order of the rows; what is public no more in this snapshot is left out."""
    about, ids = referred(db, subjects, rows), [r.id for r in rows]
    answered = [r.id for r in rows if r.answered_at]
    answers, promised = public.answers_standing(db, answered), public.promises_of(db, ids)
    said = public.said_of(db, answered)
    named = departments.by_ids(
        db, [*(r.department_id for r in rows), *(p.department_id for found in promised.values() for p in found)]
    )
    return [
        ShownOutcome(
            row=row,
            subject=subject,
            department=named.get(row.department_id or 0),
            answer=answers.get(row.id),
            promises=[shown_promise(p, named, at.today) for p in promised.get(row.id, ())],
            said=said.get(row.id, {}),
            late=days_late(row, at, zone),
        )
        for row in rows
        if (subject := about.get(SubjectRef(row.subject_kind, row.subject_id))) is not None
    ]


def promises(db: Session, subjects: Subjects, rows: Sequence[Commitment], at: Moment) -> list[PromiseOfSubject]:
    """In the order of the rows."""
    about, named = referred(db, subjects, rows), departments.by_ids(db, [r.department_id for r in rows])
    answers = public.answers_standing(db, sorted({r.referral_id for r in rows if r.referral_id}))
    return [
        PromiseOfSubject(shown_promise(row, named, at.today), subject, answers.get(row.referral_id or 0))
        for row in rows
        if (subject := about.get(SubjectRef(row.subject_kind, row.subject_id))) is not None
    ]


def referred(db: Session, subjects: Subjects, rows: Sequence[Referral | Commitment]) -> Mapping[SubjectRef, Referred]:
    """What rows are about, of everything that is public: one question for each kind."""
    found: dict[SubjectRef, Referred] = {}
    for kind, subject in subjects.items():
        ids = sorted({row.subject_id for row in rows if row.subject_kind == kind})
        found.update({SubjectRef(kind, i): shown for i, shown in subject.shown(db, ids).items()})
    return found


def shown_promise(row: Commitment, named: Mapping[int, Department], today: date) -> ShownPromise:
    late = (today - row.due_on).days if is_overdue(row.progress, row.due_on, today) else 0
    return ShownPromise(row, named.get(row.department_id), late)


def promises_by_referral(duties: Duties, now: datetime, zone: ZoneInfo) -> Mapping[int, Sequence[ShownPromise]]:
    """Of one subject's page; by referral, in the order of their days."""
    today, found = now.astimezone(zone).date(), dict[int, list[ShownPromise]]()
    for row in duties.commitments:
        found.setdefault(row.referral_id or 0, []).append(shown_promise(row, duties.departments, today))
    return found


def days_late(row: Referral, at: Moment, zone: ZoneInfo) -> int:
    """Days since the last day on which an answer that is still owed would have been in time; 0 before that."""
    if row.state not in OWED or row.due_at is None or row.due_at > at.now:
        return 0
    return max(1, (at.today - last_day(row.due_at, zone)).days)
