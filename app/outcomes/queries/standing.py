"""How departments do, in figures. What each one means stands in words on the department's page.

Counted is everything that was referred but made-up matters, whether or not its text is public today.
A figure is worked out anew when something of the department's has changed, and after a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import freshness
from app.core.remember import Kept
from app.departments.model import Department
from app.outcomes.model import Commitment, DueChange, FeedbackCount, Handing, Referral
from app.outcomes.rules.commitments import Progress
from app.outcomes.rules.referrals import OWED, Move, ReferralState

#: what changes is announced; only what people say of answers, and a year that goes by, is seen by age alone
SECONDS = 60.0
A_YEAR = timedelta(days=365)
MOST_KEPT = 2_000


@dataclass(frozen=True)
class Punctuality:
    """Of ``due`` duties that were answered, or are late now, ``on_time`` were answered by the day that stood."""

    due: int = 0
    on_time: int = 0
    #: seconds from the day it came to the answer: half took longer; None where none was measured
    median: float | None = None

    @property
    def share(self) -> int | None:
        """Per cent, rounded down: nobody is at 100 with one that was late."""
        return 100 * self.on_time // self.due if self.due else None

    @property
    def median_days(self) -> int | None:
        return None if self.median is None else round(self.median / 86_400)


@dataclass(frozen=True)
class Standing:
    """``owed``: an answer is due, ``late`` of them are overdue. ``answered``: an answer stands, also one sent back."""

    owed: int = 0
    late: int = 0
    answered: int = 0
    ever: Punctuality = Punctuality()
    year: Punctuality = Punctuality()
    #: duties whose day was put off
    put_off: int = 0
    #: how often it said "not ours" and handed a matter on
    handed_on: int = 0
    promises_open: int = 0
    promises_late: int = 0
    promises_kept: int = 0
    promises_dropped: int = 0
    #: what those who asked said of its answers
    said: Mapping[str, int] = field(default_factory=dict)


NOTHING_YET = Standing()


def standing_of(db: Session, department_id: int, now: datetime, today: date) -> Standing:
    """All figures of one department."""
    mine = (Referral.department_id == department_id, Referral.sandbox.is_(False))
    known = _standings(db, now, today, department_id).get(department_id, NOTHING_YET)
    since = now - A_YEAR
    return replace(
        known,
        ever=replace(known.ever, median=median_took(db, department_id)),
        year=replace(known.year, median=_median_since(db, department_id, since)),
        put_off=_count(db, select(DueChange.referral_id).distinct().join(Referral).where(*mine, _EXTENDED)),
        handed_on=_count(db, select(Handing.id).join(Referral).where(*_handed_on_by(department_id))),
        said=_said(db, mine),
    )


def standings(db: Session, now: datetime, today: date) -> Mapping[int, Standing]:
    """Every department that was ever given something, with the figures of the table."""
    found = _standings(db, now, today, None)
    return {
        number: replace(known, ever=replace(known.ever, median=median_took(db, number)))
        for number, known in found.items()
    }


def heir_of(db: Session, department: Department) -> Department | None:
    """Who answers in the place of one that was dissolved; None where it owed no answer."""
    if department.dissolved_at is None:
        return None
    passed_on = select(Handing.to_id).where(
        Handing.from_id == department.id, Handing.move == Move.PASSED_ON, Handing.at >= department.dissolved_at
    )
    to = db.scalar(passed_on.order_by(Handing.at, Handing.id).limit(1))
    return db.get(Department, to) if to is not None else None


def public_places(db: Session) -> list[str]:
    """Pages of outcomes for the map of the site."""
    slugs = db.scalars(select(Department.slug).order_by(Department.slug))
    return ["/outcomes", "/departments", *(f"/departments/{slug}" for slug in slugs)]


def median_took(db: Session, department_id: int) -> float | None:
    """By the index of times alone: to the middle, no further. Made-up matters are never measured."""
    measured = (Referral.department_id == department_id, Referral.took.is_not(None))
    return _middle(db, select(Referral.took).where(*measured))


def _median_since(db: Session, department_id: int, since: datetime) -> float | None:
    lately = select(Referral.took).where(
        Referral.department_id == department_id, Referral.answered_at >= since, Referral.took.is_not(None)
    )
    return _middle(db, lately)


def _middle(db: Session, times: Any) -> float | None:
    many = _count(db, times)
    if not many:
        return None
    middle = times.order_by(Referral.took).offset((many - 1) // 2).limit(2 - many % 2)
    return sum(found := db.scalars(middle).all()) / len(found)


def _count(db: Session, rows: Any) -> int:
    return db.scalar(select(func.count()).select_from(rows.subquery())) or 0


_EXTENDED = DueChange.kind == "extended"


def _handed_on_by(department_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Handing.from_id == department_id, Handing.move == Move.NOT_OURS, Referral.sandbox.is_(False))


def _standings(db: Session, now: datetime, today: date, department_id: int | None) -> dict[int, Standing]:
    """One look at every duty and one at every promise, of one department or of all."""
    found: dict[int, Standing] = {}
    for row in db.execute(_duties(now, department_id)):
        found[row.department_id] = Standing(
            owed=row.owed,
            late=row.late,
            answered=row.answered,
            ever=Punctuality(row.due, row.on_time),
            year=Punctuality(row.due_lately, row.on_time_lately),
        )
    for row in db.execute(_promises(today, department_id)):
        found[row.department_id] = replace(
            found.get(row.department_id, NOTHING_YET),
            promises_open=row.open,
            promises_late=row.late,
            promises_kept=row.kept,
            promises_dropped=row.dropped,
        )
    return found


def _duties(now: datetime, department_id: int | None) -> Any:
    owed = Referral.state.in_(OWED)
    late = and_(owed, Referral.due_at <= now)
    stood, given = day_that_stood(), Referral.answered_at.is_not(None)
    on_time = and_(given, ~late, Referral.answered_at < stood)
    due = or_(late, and_(given, stood.is_not(None)))
    lately = or_(late, Referral.answered_at >= now - A_YEAR)
    sums = {
        "owed": owed,
        "late": late,
        "answered": given,
        "due": due,
        "on_time": on_time,
        "due_lately": and_(due, lately),
        "on_time_lately": and_(on_time, lately),
    }
    wanted = select(Referral.department_id, *_sums(sums)).where(
        Referral.department_id.is_not(None), Referral.sandbox.is_(False)
    )
    if department_id is not None:
        wanted = wanted.where(Referral.department_id == department_id)
    return wanted.group_by(Referral.department_id)


def day_that_stood() -> ColumnElement[datetime | None]:
    """The day by which the answer that stands was due; one that was sent back has a new day since."""
    after = (
        DueChange.referral_id == Referral.id,
        DueChange.kind == "returned",
        DueChange.at >= Referral.answered_at,
    )
    before = select(DueChange.before_at).where(*after).order_by(DueChange.id).limit(1).scalar_subquery()
    may_be = Referral.state.in_((ReferralState.RETURNED, ReferralState.CLOSED))
    return case((and_(may_be, exists().where(*after)), before), else_=Referral.due_at)


def _promises(today: date, department_id: int | None) -> Any:
    is_open = Commitment.progress.in_((Progress.PLANNED, Progress.UNDER_WAY))
    sums = {
        "open": is_open,
        "late": and_(is_open, Commitment.due_on < today),
        "kept": Commitment.progress == Progress.DONE,
        "dropped": Commitment.progress == Progress.DROPPED,
    }
    wanted = select(Commitment.department_id, *_sums(sums)).where(
        Commitment.withdrawn_at.is_(None), Commitment.sandbox.is_(False)
    )
    if department_id is not None:
        wanted = wanted.where(Commitment.department_id == department_id)
    return wanted.group_by(Commitment.department_id)


def _sums(conditions: Mapping[str, ColumnElement[bool]]) -> list[Any]:
    return [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in conditions.items()]


def _said(db: Session, mine: tuple[ColumnElement[bool], ...]) -> Mapping[str, int]:
    counts = select(FeedbackCount.addressed, func.sum(FeedbackCount.people)).join(
        Referral, Referral.id == FeedbackCount.referral_id
    )
    rows = db.execute(counts.where(*mine, Referral.answered_at.is_not(None)).group_by(FeedbackCount.addressed))
    return {addressed: int(people) for addressed, people in rows}


class Standings:
    """The figures of one deployment; shared by all requests of a process."""

    def __init__(self, zone: ZoneInfo, seconds: float = SECONDS) -> None:
        self.zone, self.seconds = zone, seconds
        self._table: Kept[Mapping[int, Standing]] = Kept(seconds)
        self._each: dict[int, Kept[Standing]] = {}

    def of(self, db: Session, department: Department, now: datetime) -> Standing:
        """One department's."""
        today = now.astimezone(self.zone).date()
        if len(self._each) >= MOST_KEPT:
            self._each.clear()
        kept = self._each.setdefault(department.id, Kept(self.seconds))
        stamp = self._stamp(db, today, f"department:{department.id}")
        return kept.get(stamp, lambda: standing_of(db, department.id, now, today))

    def table(self, db: Session, now: datetime) -> Mapping[int, Standing]:
        """Of all that were ever given something."""
        today = now.astimezone(self.zone).date()
        return self._table.get(self._stamp(db, today, "outcomes"), lambda: standings(db, now, today))

    def _stamp(self, db: Session, today: date, key: str) -> object:
        """What was announced as changed, and the day: at midnight duties become late."""
        found = freshness.versions(db, (key, freshness.SITE))
        return (today, found.get(key, 0), found.get(freshness.SITE, 0))
