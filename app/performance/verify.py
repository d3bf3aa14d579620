"""What must be true of published figures; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.performance.model import Beat, Figure, OpinionDay, Problem, Report, UptimeDay
from app.performance.queries import uptime
from app.performance.rules.periods import A_DAY
from app.performance.rules.uptime import Heart, count_minutes

Broken = Callable[[Session, datetime], Iterable[str]]
#: clocks of two machines may differ by so much
LEEWAY = timedelta(minutes=2)


def lines(zone: ZoneInfo) -> dict[str, Broken]:
    """Name -> what finds the faults."""

    def days_have_their_minutes(db: Session, now: datetime) -> Iterable[str]:
        """No day has more minutes than the clock gave it."""
        for row in db.scalars(select(UptimeDay)):
            if row.minutes > count_minutes(*uptime.day_span(row.day, zone)):
                yield f"{row.heart} on {row.day}"

    def days_are_their_minutes(db: Session, now: datetime) -> Iterable[str]:
        """A day whose minutes are all there says what they say."""
        for heart in Heart:
            first = uptime.first_beat(db, heart)
            if first is None:
                continue
            whole = first.astimezone(zone).date() + A_DAY
            rows = select(UptimeDay).where(UptimeDay.heart == heart, UptimeDay.day >= whole)
            for row in db.scalars(rows):
                found = uptime.counted(db, heart, row.day, now, zone)
                if (found.open, found.read_only) != (row.open, row.read_only):
                    yield f"{heart} on {row.day}"

    def days_follow_each_other(db: Session, now: datetime) -> Iterable[str]:
        """A day without a row would be one that nobody knows of."""
        spans = select(UptimeDay.heart, func.min(UptimeDay.day), func.max(UptimeDay.day), func.count())
        for heart, first, last, count in db.execute(spans.group_by(UptimeDay.heart)):
            if (last - first).days + 1 != count:
                yield f"{heart}: {count} days from {first} to {last}"

    def figures_are_of_the_past(db: Session, now: datetime) -> Iterable[str]:
        today = now.astimezone(zone).date()
        for key in db.scalars(select(Figure.measure).where(Figure.first_day > today).distinct()):
            yield key
        for key in db.scalars(select(OpinionDay.asked).where(OpinionDay.day > today).distinct()):
            yield key

    def reports_are_of_the_past(db: Session, now: datetime) -> Iterable[str]:
        """Nobody tested after it was recorded, and nothing was mended before it was found."""
        for number, day, recorded in db.execute(select(Report.id, Report.tested_on, Report.recorded_at)):
            if day > recorded.astimezone(zone).date():
                yield f"report {number}"
        early = select(Problem.id).join(Report, Report.id == Problem.report_id)
        for number in db.scalars(early.where(Problem.mended_on < Report.tested_on)):
            yield f"problem {number}"

    return {
        "no mark is of a time to come": marks_are_of_the_past,
        "days have the minutes that the clock gave them": days_have_their_minutes,
        "days say what their minutes say": days_are_their_minutes,
        "days of uptime follow each other": days_follow_each_other,
        "figures are of days that have been": figures_are_of_the_past,
        "months are what their days add up to": months_are_their_days,
        "reports of accessibility fit their days": reports_are_of_the_past,
    }


def marks_are_of_the_past(db: Session, now: datetime) -> Iterable[str]:
    for heart, count in db.execute(
        select(Beat.heart, func.count()).where(Beat.minute > now + LEEWAY).group_by(Beat.heart)
    ):
        yield f"{heart}: {count}"


def months_are_their_days(db: Session, now: datetime) -> Iterable[str]:
    """Of shares: what a month says is the sum of what its days say."""
    month, day = Figure.__table__.alias("month"), Figure.__table__.alias("day")
    begins = func.substr(day.c.first_day, 1, 8) if db.get_bind().dialect.name == "sqlite" else None
    same = (
        begins == func.substr(month.c.first_day, 1, 8)
        if begins is not None
        else func.date_trunc("month", day.c.first_day) == func.date_trunc("month", month.c.first_day)
    )
    joined = month.join(day, (day.c.measure == month.c.measure) & (day.c.period == "day") & same)
    sums = (
        select(month.c.measure, month.c.first_day)
        .select_from(joined)
        .where(month.c.period == "month", month.c.part.is_not(None))
        .group_by(month.c.measure, month.c.first_day, month.c.part, month.c.whole)
        .having(or_(func.sum(day.c.part) != month.c.part, func.sum(day.c.whole) != month.c.whole))
    )
    for measure, first in db.execute(sums):
        yield f"{measure} in {first:%Y-%m}"
