"""Officers are reminded before and after a day: once for each mark, and of the nearest one alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import announce
from app.core.subject import SubjectRef
from app.departments.queries import officers_of
from app.mail import service as mail
from app.outcomes.events import AnswerLate, PromiseLate
from app.outcomes.model import Commitment, Referral
from app.outcomes.rules.commitments import OPEN
from app.outcomes.rules.deadlines import last_day
from app.outcomes.rules.referrals import OWED
from app.outcomes.service.referring import Calendar

A_STEP = 200


def newest_mark(due: date, today: date, before: Sequence[int], after: Sequence[int]) -> str | None:
    """The last mark that has come: ``-3`` is three days before the day, ``+14`` fourteen after it."""
    marks = sorted([-n for n in before] + list(after))
    come = [n for n in marks if due + timedelta(days=n) <= today]
    return f"{due.isoformat()}{come[-1]:+d}" if come else None


def remind_of_answers(db: Session, calendar: Calendar, now: datetime) -> int:
    """One step: letters about answers that are due soon, or late; answers how many duties were told of."""
    policy, zone = calendar.policy, calendar.zone
    today = now.astimezone(zone).date()
    until = now + timedelta(days=policy.earliest_mark + 1)
    wanted = (
        select(Referral.id, Referral.cause, Referral.due_at, Referral.reminded)
        .where(Referral.state.in_(OWED), Referral.due_at <= until, Referral.sandbox.is_(False))
        .order_by(Referral.due_at, Referral.id)
    )
    due: dict[int, str] = {}
    for row in db.execute(wanted):
        mark = newest_mark(last_day(row.due_at, zone), today, *policy.marks(row.cause))
        if mark is not None and mark != row.reminded:
            due[row.id] = mark
        if len(due) == A_STEP:
            break
    for referral_id, mark in sorted(due.items()):
        _remind_of_answer(db, referral_id, mark, now)
    return len(due)


def _remind_of_answer(db: Session, referral_id: int, mark: str, now: datetime) -> None:
    wanted = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    referral = db.scalars(wanted.execution_options(populate_existing=True)).one()
    if referral.state not in OWED or referral.reminded == mark:
        return
    before, referral.reminded = referral.reminded, mark
    if _is_after(mark) and not _is_after(before or ""):
        subject = SubjectRef(referral.subject_kind, referral.subject_id)
        announce(db, AnswerLate(subject, referral.cause, referral.id, referral.department_id, now))
    template = "outcomes/mail/answer_late" if _is_after(mark) else "outcomes/mail/answer_due_soon"
    people = [referral.assignee_id] if referral.assignee_id else officers_of(db, referral.department_id or 0)
    facts = {"referral": referral.id}
    mail.queue(db, [mail.row(template, ("account", p), now, facts=facts) for p in people])


def remind_of_promises(db: Session, calendar: Calendar, now: datetime) -> int:
    """One step: letters about promises whose day comes, or is over; answers how many were told of."""
    policy = calendar.policy
    today = now.astimezone(calendar.zone).date()
    until = today + timedelta(days=max(policy.remind_before, default=0))
    wanted = (
        select(Commitment.id, Commitment.due_on, Commitment.reminded)
        .where(
            Commitment.progress.in_(OPEN),
            Commitment.due_on <= until,
            Commitment.withdrawn_at.is_(None),
            Commitment.sandbox.is_(False),
        )
        .order_by(Commitment.due_on, Commitment.id)
    )
    due: dict[int, str] = {}
    for row in db.execute(wanted):
        mark = newest_mark(row.due_on, today, policy.remind_before, policy.remind_after)
        if mark is not None and mark != row.reminded:
            due[row.id] = mark
        if len(due) == A_STEP:
            break
    for commitment_id, mark in sorted(due.items()):
        _remind_of_promise(db, commitment_id, mark, now)
    return len(due)


def _remind_of_promise(db: Session, commitment_id: int, mark: str, now: datetime) -> None:
    wanted = select(Commitment).where(Commitment.id == commitment_id).with_for_update(key_share=True)
    promise = db.scalars(wanted.execution_options(populate_existing=True)).one()
    if promise.progress not in OPEN or promise.reminded == mark:
        return
    before, promise.reminded = promise.reminded, mark
    if _is_after(mark) and not _is_after(before or ""):
        subject = SubjectRef(promise.subject_kind, promise.subject_id)
        announce(db, PromiseLate(subject, promise.id, promise.department_id, now))
    template = "outcomes/mail/promise_late" if _is_after(mark) else "outcomes/mail/promise_due_soon"
    facts = {"commitment": promise.id}
    people = officers_of(db, promise.department_id)
    mail.queue(db, [mail.row(template, ("account", p), now, facts=facts) for p in people])


def _is_after(mark: str) -> bool:
    """Of a day that is over. A reminder before a later day makes it news again when that one passes."""
    return "+" in mark
