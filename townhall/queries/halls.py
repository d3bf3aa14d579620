"""Named questions about one hall: its people, agenda and polls; what is on stage; what most people ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.departments.model import Department, Officer
from app.departments.queries import by_ids
from townhall.model import AgendaItem, Hall, HallDepartment, HallStaff, Poll, Question, Speaker
from townhall.rules.lifecycle import READABLE, HallState, Part
from townhall.rules.questions import QuestionState
from townhall.rules.writing import Plan


class Someone(NamedTuple):
    """An account that can be named for a part."""

    id: int
    name: str
    department: str


def readable_hall(db: Session, hall_id: int) -> Hall | None:
    """One whose page everyone may read."""
    found = db.get(Hall, hall_id)
    return found if found is not None and HallState(found.state) in READABLE else None


def by_code(db: Session, code: str) -> Hall | None:
    """The readable hall with this join code, spelt as it is stored."""
    found = db.scalar(select(Hall).where(Hall.code == code))
    return found if found is not None and HallState(found.state) in READABLE else None


def staff_of(db: Session, hall_id: int) -> Mapping[str, Sequence[Account]]:
    """Part -> the accounts that have it, by name."""
    rows = (
        select(HallStaff.part, Account)
        .join(Account, Account.id == HallStaff.account_id)
        .where(HallStaff.hall_id == hall_id)
        .order_by(Account.name, Account.id)
    )
    found: dict[str, list[Account]] = {part: [] for part in Part}
    for part, account in db.execute(rows):
        found[part].append(account)
    return found


def speakers(db: Session, hall_id: int) -> Sequence[Speaker]:
    rows = select(Speaker).where(Speaker.hall_id == hall_id)
    return db.scalars(rows.order_by(Speaker.position, Speaker.id)).all()


def beside(db: Session, hall_id: int) -> Sequence[Department]:
    """The departments that take part beside the one that leads, by name."""
    ids = db.scalars(select(HallDepartment.department_id).where(HallDepartment.hall_id == hall_id)).all()
    return sorted(by_ids(db, ids).values(), key=lambda d: d.name.casefold())


def agenda(db: Session, hall_id: int) -> Sequence[AgendaItem]:
    rows = select(AgendaItem).where(AgendaItem.hall_id == hall_id)
    return db.scalars(rows.order_by(AgendaItem.position, AgendaItem.id)).all()


def polls(db: Session, hall_id: int) -> Sequence[Poll]:
    """Those that were not removed, drafts too."""
    rows = select(Poll).where(Poll.hall_id == hall_id, Poll.removed_at.is_(None))
    return db.scalars(rows.order_by(Poll.position, Poll.id)).all()


def plan_of(db: Session, hall_id: int) -> Plan:
    parts = select(HallStaff.part, func.count()).where(HallStaff.hall_id == hall_id).group_by(HallStaff.part)
    counted = {part: count for part, count in db.execute(parts)}
    rows = select(func.count(), func.coalesce(func.sum(AgendaItem.minutes), 0)).where(AgendaItem.hall_id == hall_id)
    items, minutes = db.execute(rows).one()
    return Plan(counted.get(Part.HOST, 0), counted.get(Part.MODERATOR, 0), items, int(minutes))


def possible_hosts(db: Session) -> Sequence[Someone]:
    """Every official at work, with the department that they act for."""
    rows = (
        select(Account.id, Account.name, func.coalesce(Department.name, ""))
        .outerjoin(Officer, Officer.account_id == Account.id)
        .outerjoin(Department, Department.id == Officer.department_id)
        .where(Account.role == Role.OFFICIAL, Account.disabled_at.is_(None))
        .order_by(Account.name, Account.id)
    )
    return [Someone(*row) for row in db.execute(rows)]


def possible_moderators(db: Session) -> Sequence[Someone]:
    rows = select(Account.id, Account.name).where(Account.role == Role.MODERATOR, Account.disabled_at.is_(None))
    return [Someone(number, name, "") for number, name in db.execute(rows.order_by(Account.name, Account.id))]


def on_stage(db: Session, hall: Hall) -> Question | None:
    """What everybody sees now; never one whose words are not public any more."""
    found = db.get(Question, hall.stage_id) if hall.stage_id is not None else None
    public = found is not None and found.state in (QuestionState.OPEN, QuestionState.ANSWERED)
    return found if public else None


def top_questions(db: Session, hall: Hall, most: int) -> Sequence[Question]:
    """The open ones that most people want to hear, without the one on stage; equal ones in the order they were asked."""
    rows = select(Question).where(Question.hall_id == hall.id, Question.state == QuestionState.OPEN)
    if hall.stage_id is not None:
        rows = rows.where(Question.id != hall.stage_id)
    return db.scalars(rows.order_by(Question.votes.desc(), Question.id).limit(most)).all()


def open_questions(db: Session, hall_id: int) -> int:
    rows = select(func.count()).where(Question.hall_id == hall_id, Question.state == QuestionState.OPEN)
    return db.scalar(rows) or 0
