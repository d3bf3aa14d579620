"""Referring a subject to the department that owes an answer, and closing what is not owed any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import announce
from app.core.freshness import hint, touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.moderation.promise import free_days
from app.outcomes.events import ReferralHandedOn, ReferralMade
from app.outcomes.model import AnswerDraft, Commitment, Handing, Referral, Route, Support
from app.outcomes.policy import OutcomesPolicy
from app.outcomes.rules.deadlines import WorkingDays, due_day, end_of
from app.outcomes.rules.referrals import OWED, UNANSWERED, ClosedWhy, Move, ReferralState


class NoDepartment(Conflict):
    code = "no-department"
    title = _("No department is named for this")
    message = _("An administrator has to name one before it can be referred.")


@dataclass(frozen=True)
class Calendar:
    """Which days are due days here: the deployment's numbers, zone and working week."""

    policy: OutcomesPolicy
    zone: ZoneInfo

    def working(self, db: Session) -> WorkingDays:
        """The working week without the deployment's holidays."""
        return WorkingDays(self.policy.weekend, free_days(db))

    def due_at(self, db: Session, cause: str, now: datetime) -> datetime:
        """When what begins now is due: the end of that local day."""
        start = now.astimezone(self.zone).date()
        return end_of(due_day(start, self.policy.span(cause), self.working(db)), self.zone)


@dataclass(frozen=True)
class Referring:
    """How rooms refer: they bring what happened, this knows to whom and by when."""

    calendar: Calendar

    def refer(
        self,
        db: Session,
        subject: SubjectRef,
        *,
        cause: str,
        lead_id: int | None,
        topics: Collection[str] = (),
        now: datetime,
        episode: int = 1,
    ) -> Referral:
        """To the lead that a person named, else to that of the subject's topics; :class:`NoDepartment` without one."""
        routes = routes_for(db, topics)
        lead = lead_id or next((r.department_id for r in routes if r.part == "lead"), None)
        if lead is None:
            raise NoDepartment
        due = self.calendar.due_at(db, cause, now)
        referral = refer(db, subject, cause=cause, department_id=lead, due_at=due, now=now, episode=episode)
        support(db, referral, (r.department_id for r in routes), now)
        return referral


def routes_for(db: Session, topics: Collection[str]) -> list[Route]:
    """The rules for these topics, departments that are gone left out; in the order of the topics' names."""
    if not topics:
        return []
    wanted = (
        select(Route)
        .join(Department, Department.id == Route.department_id)
        .where(Route.topic.in_(topics), Department.dissolved_at.is_(None))
    )
    return list(db.scalars(wanted.order_by(Route.topic, Route.part, Route.department_id)))


def refer(
    db: Session,
    subject: SubjectRef,
    *,
    cause: str,
    department_id: int,
    due_at: datetime,
    now: datetime,
    episode: int = 1,
    sandbox: bool = False,
) -> Referral:
    """Hand a subject to a department, once for each cause and episode. The caller touches the pages of what is owed."""
    same = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.cause == cause,
        Referral.episode == episode,
    )
    referral = db.scalar(same)
    if referral is None:
        referral = Referral(
            subject_kind=subject.kind,
            subject_id=subject.id,
            cause=cause,
            episode=episode,
            department_id=department_id,
            state=ReferralState.RECEIVED,
            sandbox=sandbox,
            received_at=now,
            due_at=due_at,
        )
        db.add(referral)
        db.flush()
        note_handing(db, referral, Move.REFERRED, None, department_id, now=now)
        hint(db, f"desk:{department_id}")
        if not sandbox:
            announce(db, ReferralMade(subject, cause, referral.id, department_id, now))
    return referral


def support(db: Session, referral: Referral, departments: Iterable[int], now: datetime) -> None:
    """These departments help; the lead one, and who helps already, are left out."""
    known = set(db.scalars(select(Support.department_id).where(Support.referral_id == referral.id)))
    for department in sorted(set(departments) - known - {referral.department_id or 0}):
        db.add(Support(referral_id=referral.id, department_id=department, since=now))
        hint(db, f"desk:{department}")
    db.flush()


def hand_over(
    db: Session, subject: SubjectRef, *, from_department: int | None, to_department: int, now: datetime
) -> int:
    """Another department leads now: the unanswered referrals of the old one are its own; clocks go on."""
    wanted = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.state.in_(UNANSWERED),
        Referral.department_id == from_department,
    )
    moved = db.scalars(wanted.order_by(Referral.id).with_for_update(key_share=True)).all()
    for referral in moved:
        give(db, referral, to_department, Move.PASSED_ON, now=now)
    return len(moved)


def give(
    db: Session, referral: Referral, to: int, move: Move, *, now: datetime, reason: str = "", by: int | None = None
) -> None:
    """The duty is this department's now: with its date, without the old one's assignee. The caller locked its row.

    What the old one was writing goes along only to its heir, and waits for nobody any more.
    """
    before = referral.department_id
    _end_drafts(db, referral, kept=move is Move.PASSED_ON)
    referral.department_id, referral.assignee_id = to, None
    if referral.state == ReferralState.ACCEPTED:
        referral.state, referral.accepted_at = ReferralState.RECEIVED, None
    _helps_no_more(db, referral, to)
    db.flush()
    note_handing(db, referral, move, before, to, now=now, reason=reason, by=by)
    hint(db, f"desk:{before}", f"desk:{to}")
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    if not referral.sandbox:
        announce(db, ReferralHandedOn(subject, referral.cause, referral.id, before, to, now))


def _end_drafts(db: Session, referral: Referral, *, kept: bool) -> None:
    mine = AnswerDraft.referral_id == referral.id
    db.execute(update(AnswerDraft).where(mine).values(waits_since=None) if kept else delete(AnswerDraft).where(mine))


def _helps_no_more(db: Session, referral: Referral, department: int) -> None:
    """Whoever leads does not support as well."""
    helping = db.get(Support, (referral.id, department))
    if helping is not None:
        db.delete(helping)


def note_handing(
    db: Session,
    referral: Referral,
    move: Move,
    from_id: int | None,
    to_id: int,
    *,
    now: datetime,
    reason: str = "",
    by: int | None = None,
) -> None:
    db.add(Handing(referral_id=referral.id, move=move, from_id=from_id, to_id=to_id, reason=reason, at=now, by_id=by))
    db.flush()


def close(db: Session, subject: SubjectRef, cause: str, episode: int, now: datetime) -> Referral | None:
    """What caused a duty is undone: its unanswered referral is no longer owed. None where nothing was.

    The caller has locked the subject's row.
    """
    owed = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.cause == cause,
        Referral.episode == episode,
        Referral.state.in_(UNANSWERED),
    )
    referral = db.scalar(owed.with_for_update(key_share=True).execution_options(populate_existing=True))
    if referral is None:
        return None
    end(db, referral, ClosedWhy.UNDONE, now)
    tell_pages(db, referral)
    return referral


def end(db: Session, referral: Referral, why: ClosedWhy, now: datetime, reason: str = "") -> None:
    """Nothing is owed any more; what was answered stays readable, and no draft waits. The caller locked its row."""
    _end_drafts(db, referral, kept=True)
    referral.state, referral.closed_at = ReferralState.CLOSED, now
    referral.closed_why, referral.closed_reason = why, reason
    db.flush()


def tell_pages(db: Session, referral: Referral, *more_departments: int | None) -> None:
    """The public pages that show it change with this transaction: after the audit. A made-up referral is on none."""
    if referral.sandbox:
        return
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    departments = {d for d in (referral.department_id, *more_departments) if d is not None}
    touch(db, "outcomes", str(subject), *(f"department:{d}" for d in departments))


def pages_of(db: Session, subject: SubjectRef) -> set[str]:
    """The keys of the lists and counts that a subject is on: they change where it leaves the public or comes back."""
    departments: set[int | None] = set()
    for each in (Referral, Commitment):
        about = (each.subject_kind == subject.kind, each.subject_id == subject.id)
        departments |= set(db.scalars(select(each.department_id).where(*about)))
    return {"outcomes", *(f"department:{d}" for d in departments if d is not None)} if departments else set()


def is_owed(referral: Referral) -> bool:
    return referral.state in OWED
