"""What must be true of every duty, answer and promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.departments.model import Department
from app.outcomes.model import (
    Answer,
    AnswerDraft,
    Commitment,
    DueChange,
    FeedbackCount,
    FeedbackGiven,
    Handing,
    ProgressUpdate,
    Referral,
)
from app.outcomes.rules.referrals import OWED, ReferralState

Broken = Callable[[Session, datetime], Iterable[str]]


def answers_are_in_order(db: Session, now: datetime) -> Iterable[str]:
    """Answers are numbered 1 to n; one of them stands exactly where the referral says that it was answered."""
    standing = func.sum(case((Answer.withdrawn_at.is_(None), 1), else_=0))
    numbers = (
        select(
            Answer.referral_id,
            func.count().label("n"),
            func.max(Answer.version).label("top"),
            standing.label("standing"),
        )
        .group_by(Answer.referral_id)
        .subquery()
    )
    n, top, stands = (func.coalesce(numbers.c[name], 0) for name in ("n", "top", "standing"))
    rows = select(Referral.id).outerjoin(numbers, numbers.c.referral_id == Referral.id)
    wrong = rows.where(or_(n != top, Referral.answered_at.is_not(None) != (stands > 0)))
    yield from _named("referral", db, wrong)


def times_are_kept(db: Session, now: datetime) -> Iterable[str]:
    """The time an answer took stands exactly where one was given, but for imports that do not say and made-up matters."""
    measured = Referral.took.is_not(None)
    says_when = and_(Referral.imported.is_(False), Referral.sandbox.is_(False))
    wrong = or_(
        and_(measured, or_(Referral.answered_at.is_(None), Referral.sandbox)),
        and_(~measured, Referral.answered_at.is_not(None), says_when),
        Referral.took < 0,
    )
    yield from _named("referral", db, select(Referral.id).where(wrong))


def owed_by_living_departments(db: Session, now: datetime) -> Iterable[str]:
    """Nothing is owed by a department that was dissolved."""
    gone = select(Department.id).where(Department.dissolved_at.is_not(None))
    owed = select(Referral.id).where(
        Referral.state.in_(OWED), Referral.department_id.in_(gone), Referral.sandbox.is_(False)
    )
    yield from _named("referral", db, owed)
    promised = select(Commitment.id).where(
        Commitment.ended_at.is_(None),
        Commitment.withdrawn_at.is_(None),
        Commitment.sandbox.is_(False),
        Commitment.department_id.in_(gone),
    )
    yield from _named("promise", db, promised)


def handings_lead_to_the_department(db: Session, now: datetime) -> Iterable[str]:
    """Each step begins where the one before it ended, and the last one ends where the duty is."""
    newest = _newest(Handing)
    elsewhere = select(Referral.id).join(Handing, Handing.id == newest)
    yield from _named("referral", db, elsewhere.where(Handing.to_id != Referral.department_id))
    step, before = aliased(Handing), aliased(Handing)
    previous = (
        select(func.max(Handing.id))
        .where(Handing.referral_id == step.referral_id, Handing.id < step.id)
        .correlate(step)
        .scalar_subquery()
    )
    torn = select(step.referral_id).join(before, before.id == previous)
    yield from _named("referral", db, torn.where(func.coalesce(step.from_id, 0) != before.to_id))


def due_days_are_on_record(db: Session, now: datetime) -> Iterable[str]:
    """A due day that was changed is the one that the newest change says."""
    newest = _newest(DueChange)
    changed = select(Referral.id).join(DueChange, DueChange.id == newest)
    yield from _named("referral", db, changed.where(DueChange.after_at != Referral.due_at))


def drafts_are_of_open_matters(db: Session, now: datetime) -> Iterable[str]:
    """Nothing waits to be released where nothing can be answered."""
    closed = select(AnswerDraft.referral_id).join(Referral, Referral.id == AnswerDraft.referral_id)
    yield from _named(
        "referral",
        db,
        closed.where(Referral.state == ReferralState.CLOSED, AnswerDraft.waits_since.is_not(None)),
    )


def promises_stand_where_updates_say(db: Session, now: datetime) -> Iterable[str]:
    """Updates are numbered 1 to n, and a promise is where its newest one says."""
    counted = (
        select(ProgressUpdate.commitment_id, func.count().label("n"), func.max(ProgressUpdate.number).label("top"))
        .group_by(ProgressUpdate.commitment_id)
        .subquery()
    )
    n, top = (func.coalesce(counted.c[name], 0) for name in ("n", "top"))
    rows = select(Commitment.id).outerjoin(counted, counted.c.commitment_id == Commitment.id)
    yield from _named("promise", db, rows.where(or_(n != Commitment.updates, top != Commitment.updates)))
    last = select(Commitment.id).join(
        ProgressUpdate,
        and_(ProgressUpdate.commitment_id == Commitment.id, ProgressUpdate.number == Commitment.updates),
    )
    yield from _named("promise", db, last.where(ProgressUpdate.progress != Commitment.progress))


def promises_are_their_referrals(db: Session, now: datetime) -> Iterable[str]:
    """A promise is about what its referral is about, and made up where that is."""
    same: ColumnElement[bool] = and_(
        Commitment.subject_kind == Referral.subject_kind,
        Commitment.subject_id == Referral.subject_id,
        Commitment.sandbox == Referral.sandbox,
    )
    wrong = select(Commitment.id).join(Referral, Referral.id == Commitment.referral_id).where(~same)
    yield from _named("promise", db, wrong)


def feedback_adds_up(db: Session, now: datetime) -> Iterable[str]:
    """As many are counted as have spoken."""
    spoke = select(FeedbackGiven.referral_id, func.count().label("n")).group_by(FeedbackGiven.referral_id).subquery()
    told = (
        select(FeedbackCount.referral_id, func.sum(FeedbackCount.people).label("n"))
        .group_by(FeedbackCount.referral_id)
        .subquery()
    )
    rows = (
        select(Referral.id)
        .outerjoin(spoke, spoke.c.referral_id == Referral.id)
        .outerjoin(told, told.c.referral_id == Referral.id)
    )
    yield from _named("referral", db, rows.where(func.coalesce(spoke.c.n, 0) != func.coalesce(told.c.n, 0)))


def nobody_spoke_of_what_is_made_up(db: Session, now: datetime) -> Iterable[str]:
    """A matter to practise with has no public: nobody says what they think of its answer."""
    made_up = select(Referral.id).where(Referral.sandbox.is_(True))
    yield from _named("referral", db, made_up.where(exists().where(FeedbackGiven.referral_id == Referral.id)))


def _newest(table: type[Handing] | type[DueChange]) -> ScalarSelect[int]:
    """The last row of each referral."""
    row = aliased(table)
    of_one = select(func.max(row.id)).where(row.referral_id == Referral.id)
    return of_one.correlate(Referral).scalar_subquery()


def _named(kind: str, db: Session, wrong: Select[tuple[int]] | Select[int]) -> Iterable[str]:
    for row in db.scalars(wrong.limit(20)):
        yield f"{kind} {row}"


LINES: Mapping[str, Broken] = {
    "answers are in order": answers_are_in_order,
    "times are kept": times_are_kept,
    "what is owed has a department": owed_by_living_departments,
    "matters are where they were handed": handings_lead_to_the_department,
    "due days are on record": due_days_are_on_record,
    "nothing waits where nothing is owed": drafts_are_of_open_matters,
    "promises stand where their updates say": promises_stand_where_updates_say,
    "promises are of their matter": promises_are_their_referrals,
    "feedback adds up": feedback_adds_up,
    "what is made up has no public": nobody_spoke_of_what_is_made_up,
}
