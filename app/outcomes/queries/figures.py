"""How much a department has to do, and how long its answers take. Made-up matters are in no figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.departments.queries import officers_of
from app.outcomes.model import DueChange, Referral
from app.outcomes.queries.inbox import names
from app.outcomes.rules.deadlines import last_day
from app.outcomes.rules.referrals import OWED

WEEKS, MONTHS = 12, 12
A_DAY = 86_400
#: late by at most so many days; then more
AGES = (7, 30, 90)


class Load(NamedTuple):
    """What one officer sees to; nobody's where there is no name."""

    name: str | None
    owed: int
    late: int


class Month(NamedTuple):
    """What was answered in one month. ``due``: so many of these had a day, ``on_time`` kept it."""

    first: date
    answered: int
    median_days: float | None
    due: int
    on_time: int

    @property
    def share(self) -> int | None:
        """Per cent, rounded down: nobody is at 100 with one that was late."""
        return 100 * self.on_time // self.due if self.due else None


@dataclass(frozen=True)
class Workload:
    """``weeks``: Monday and how many are due from then to Sunday; ``later``: after the last of them."""

    owed: int = 0
    late: int = 0
    weeks: Sequence[tuple[date, int]] = ()
    later: int = 0
    undated: int = 0
    #: at most so many days, None for more; and how many are late by that
    ages: Sequence[tuple[int | None, int]] = ()
    officers: Sequence[Load] = ()
    months: Sequence[Month] = field(default_factory=tuple)

    @property
    def is_empty(self) -> bool:
        return not self.owed and not any(m.answered for m in self.months)


class _Duty(NamedTuple):
    due_at: datetime | None
    assignee_id: int | None


class _Answered(NamedTuple):
    id: int
    answered_at: datetime
    took: int | None
    due_at: datetime | None


def workload(db: Session, department_id: int, now: datetime, zone: ZoneInfo) -> Workload:
    """Everything the page of figures shows."""
    of = (Referral.department_id == department_id, Referral.sandbox.is_(False))
    owed = select(Referral.due_at, Referral.assignee_id).where(*of, Referral.state.in_(OWED))
    duties = [_Duty(*row) for row in db.execute(owed)]
    late = [d for d in duties if d.due_at is not None and d.due_at <= now]
    today = now.astimezone(zone).date()
    to_come = [last_day(d.due_at, zone) for d in duties if d.due_at is not None and d.due_at > now]
    weeks, later = _by_week(to_come, today)
    return Workload(
        owed=len(duties),
        late=len(late),
        weeks=weeks,
        later=later,
        undated=sum(d.due_at is None for d in duties),
        ages=_by_age((today - last_day(d.due_at, zone)).days for d in late if d.due_at is not None),
        officers=_by_officer(db, department_id, duties, late),
        months=_by_month(db, department_id, today, zone),
    )


def _by_week(days: Sequence[date], today: date) -> tuple[list[tuple[date, int]], int]:
    monday = today - timedelta(days=today.weekday())
    counts = Counter((day - monday).days // 7 for day in days)
    return (
        [(monday + timedelta(weeks=n), counts[n]) for n in range(WEEKS)],
        sum(count for week, count in counts.items() if week >= WEEKS),
    )


def _by_age(days: Iterable[int]) -> list[tuple[int | None, int]]:
    counts = Counter(next((most for most in AGES if late <= most), None) for late in days)
    return [(most, counts[most]) for most in (*AGES, None)]


def _by_officer(db: Session, department_id: int, duties: Sequence[_Duty], late: Sequence[_Duty]) -> list[Load]:
    """Those of the department, also who sees to nothing; then whoever still has some, then nobody."""
    owed, overdue = (Counter(d.assignee_id for d in those) for those in (duties, late))
    people = list(dict.fromkeys([*officers_of(db, department_id), *(i for i in owed if i is not None)]))
    called = names(db, people)
    return [Load(called.get(i, "?"), owed[i], overdue[i]) for i in people] + [Load(None, owed[None], overdue[None])]


def _by_month(db: Session, department_id: int, today: date, zone: ZoneInfo) -> list[Month]:
    """The last twelve, this one too; without those before the first answer."""
    firsts = _months_until(today)
    begin = datetime.combine(firsts[0], time(0), zone)
    rows = select(Referral.id, Referral.answered_at, Referral.took, Referral.due_at).where(
        Referral.department_id == department_id, Referral.sandbox.is_(False), Referral.answered_at >= begin
    )
    answered = [_Answered(i, at, took, due) for i, at, took, due in db.execute(rows) if at is not None]
    stood = _days_that_stood(db, department_id, begin)
    by_month: dict[date, list[_Answered]] = {first: [] for first in firsts}
    for one in answered:
        by_month[one.answered_at.astimezone(zone).date().replace(day=1)].append(one)
    months = [_month(first, those, stood) for first, those in by_month.items()]
    begun = next((at for at, month in enumerate(months) if month.answered), len(months))
    return months[begun:]


def _months_until(today: date) -> list[date]:
    count = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - MONTHS + 1, count + 1)]


def _days_that_stood(db: Session, department_id: int, begin: datetime) -> dict[int, datetime | None]:
    """By referral, the day by which an answer was due that was sent back since: it has a new one."""
    rows = (
        select(DueChange.referral_id, DueChange.before_at)
        .join(Referral, Referral.id == DueChange.referral_id)
        .where(
            Referral.department_id == department_id,
            Referral.answered_at >= begin,
            DueChange.kind == "returned",
            DueChange.at >= Referral.answered_at,
        )
        .order_by(DueChange.id.desc())
    )
    return {referral: before for referral, before in db.execute(rows)}


def _month(first: date, answered: Sequence[_Answered], stood: dict[int, datetime | None]) -> Month:
    took = [one.took / A_DAY for one in answered if one.took is not None]
    due = [(one.answered_at, day) for one in answered if (day := stood.get(one.id, one.due_at)) is not None]
    return Month(
        first,
        len(answered),
        round(median(took), 1) if took else None,
        len(due),
        sum(at < day for at, day in due),
    )
