"""How long it was up: days as they stand, and those that no job has written down yet from their minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.performance.model import Beat, UptimeDay
from app.performance.rules.periods import A_DAY, midnight, months_until
from app.performance.rules.uptime import Heart, Uptime, count_minutes, minutes_to_count


def days(db: Session, heart: Heart, first: date, now: datetime, zone: ZoneInfo) -> Mapping[date, Uptime]:
    """Each local day from ``first`` to today of which something is known."""
    columns = (UptimeDay.day, UptimeDay.minutes, UptimeDay.open, UptimeDay.read_only)
    rows = select(*columns).where(UptimeDay.heart == heart, UptimeDay.day >= first)
    found = {day: Uptime(minutes, up, read_only) for day, minutes, up, read_only in db.execute(rows)}
    begun, today = first_beat(db, heart), now.astimezone(zone).date()
    if begun is None:
        return found
    day = max(found) + A_DAY if found else max(first, begun.astimezone(zone).date())
    while day <= today:
        if (counts := counted(db, heart, day, now, zone)).minutes:
            found[day] = counts
        day += A_DAY
    return dict(sorted(found.items()))


def counted(db: Session, heart: Heart, day: date, now: datetime, zone: ZoneInfo) -> Uptime:
    """A local day from its minutes; those that still run, and those before the first mark ever, do not count."""
    begin, end = minutes_to_count(day, began(db, heart, zone), now, zone)
    marks = select(func.count(), func.sum(case((Beat.read_only, 1), else_=0))).where(
        Beat.heart == heart, Beat.minute >= begin, Beat.minute < end
    )
    marked, read_only = db.execute(marks).one()
    return Uptime(count_minutes(begin, end), marked - (read_only or 0), read_only or 0)


def began(db: Session, heart: Heart, zone: ZoneInfo) -> datetime | None:
    """From when it is known: the first mark, or the first day that stands where marks of it are gone."""
    first, stands = first_beat(db, heart), db.scalar(select(func.min(UptimeDay.day)).where(UptimeDay.heart == heart))
    if first is None or stands is None:
        return first
    return min(first, midnight(stands, zone)) if stands < first.astimezone(zone).date() else first


def first_beat(db: Session, heart: Heart) -> datetime | None:
    """Of those that are kept."""
    return db.scalar(select(func.min(Beat.minute)).where(Beat.heart == heart))


def newest_beat(db: Session, heart: Heart) -> datetime | None:
    return db.scalar(select(func.max(Beat.minute)).where(Beat.heart == heart))


def day_span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and is over."""
    return midnight(day, zone), midnight(day + A_DAY, zone)


def oldest_kept(now: datetime, zone: ZoneInfo, months: int) -> datetime:
    """Minutes before it are days."""
    return midnight(months_until(now.astimezone(zone).date(), months + 1)[0], zone)
