"""Days on which answers and promises are due, for calendars: what is still to come, and what has ended lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.outcomes.model import Answer, Commitment, DueChange, Handing, Referral
from app.outcomes.queries.public import OPEN, OWED, Subjects, readable

#: programs that look once a month still hear that a day was cancelled
LATELY = timedelta(days=60)
#: the nearest ones; more is no calendar anybody can read
MOST = 500


def owed_days(db: Session, subjects: Subjects, department_id: int | None) -> Sequence[Referral]:
    """What is owed, the nearest day first."""
    wanted = select(Referral).where(OWED, Referral.due_at.is_not(None), *_of(subjects, Referral, department_id))
    return db.scalars(wanted.order_by(Referral.due_at, Referral.id).limit(MOST)).all()


def ended_days(db: Session, subjects: Subjects, department_id: int | None, now: datetime) -> Sequence[Referral]:
    """What was answered or closed lately."""
    since = now - LATELY
    ended = or_(Referral.answered_at >= since, Referral.closed_at >= since)
    wanted = select(Referral).where(~OWED, ended, Referral.due_at.is_not(None), *_of(subjects, Referral, department_id))
    return db.scalars(wanted.order_by(Referral.id.desc()).limit(MOST)).all()


def promised_days(db: Session, subjects: Subjects, department_id: int | None) -> Sequence[Commitment]:
    """Promises to keep, the nearest day first."""
    wanted = select(Commitment).where(
        OPEN, Commitment.withdrawn_at.is_(None), *_of(subjects, Commitment, department_id)
    )
    return db.scalars(wanted.order_by(Commitment.due_on, Commitment.id).limit(MOST)).all()


def ended_promises(db: Session, subjects: Subjects, department_id: int | None, now: datetime) -> Sequence[Commitment]:
    """Promises that were kept, dropped or withdrawn lately."""
    since = now - LATELY
    ended = or_(Commitment.ended_at >= since, Commitment.withdrawn_at >= since)
    wanted = select(Commitment).where(ended, *_of(subjects, Commitment, department_id))
    return db.scalars(wanted.order_by(Commitment.id.desc()).limit(MOST)).all()


def changes_of(db: Session, referral_ids: Sequence[int]) -> Mapping[int, tuple[int, datetime]]:
    """By referral, how often something of its day, department or answer has changed, and when last: it only grows."""
    found: dict[int, tuple[int, datetime]] = {}
    withdrawn = func.sum(case((Answer.withdrawn_at.is_not(None), 1), else_=0))
    questions: list[Any] = [
        select(DueChange.referral_id, func.count(), func.max(DueChange.at)).group_by(DueChange.referral_id),
        select(Handing.referral_id, func.count(), func.max(Handing.at)).group_by(Handing.referral_id),
        select(Answer.referral_id, func.count() + withdrawn, func.max(Answer.at)).group_by(Answer.referral_id),
        select(Answer.referral_id, func.count(Answer.withdrawn_at) * 0, func.max(Answer.withdrawn_at))
        .where(Answer.withdrawn_at.is_not(None))
        .group_by(Answer.referral_id),
    ]
    for question in questions if referral_ids else ():
        column = question.selected_columns[0]
        for referral, often, at in db.execute(question.where(column.in_(referral_ids))):
            known, last = found.get(referral, (0, at))
            found[referral] = (known + int(often), max(last, at))
    return found


def _of(subjects: Subjects, row: Any, department_id: int | None) -> list[Any]:
    mine = [] if department_id is None else [row.department_id == department_id]
    return [row.sandbox.is_(False), readable(subjects, row), *mine]
