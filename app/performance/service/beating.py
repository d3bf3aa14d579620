"""A mark for each minute in which the site worked, left by whoever worked; and minutes that become days.

A mark is an INSERT that was committed, so the database answered and took what it was given. Several processes leave
one and the same.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.performance.model import Beat, UptimeDay
from app.performance.queries import uptime as queries
from app.performance.rules.periods import A_DAY, days_between
from app.performance.rules.uptime import Heart, Uptime, count_minutes, minute_of, minutes_to_count

_BEAT: Table = Beat.__table__  # type: ignore[assignment]
_DAY: Table = UptimeDay.__table__  # type: ignore[assignment]
#: days of minutes that one step forgets
A_STEP = 2


def beat(db: Session, heart: Heart, now: datetime, *, read_only: bool = False) -> datetime:
    """It works in this minute; answers the minute."""
    minute = minute_of(now)
    marked = upsert(db, _BEAT).values(heart=str(heart), minute=minute, read_only=read_only)
    db.execute(marked.on_conflict_do_nothing())
    return minute


def settle_days(db: Session, now: datetime, zone: ZoneInfo) -> int:
    """Write down the next days that are over and not written down yet; answers 1 while there may be others."""
    today = now.astimezone(zone).date()
    for heart in Heart:
        day = _next_day(db, heart, zone)
        if day is not None and day < today and _settle(db, heart, day, now, zone):
            return 1
    return 0


def forget_minutes(db: Session, now: datetime, zone: ZoneInfo, months: int) -> int:
    """Clear the oldest minutes that have had their time and whose days stand; answers 1 while there are more."""
    keep_from = queries.oldest_kept(now, zone, months)
    for heart in Heart:
        oldest = db.scalar(select(func.min(Beat.minute)).where(Beat.heart == heart))
        settled = db.scalar(select(func.max(UptimeDay.day)).where(UptimeDay.heart == heart))
        if oldest is None or settled is None:
            continue
        until = min(keep_from, queries.day_span(settled, zone)[1], oldest + A_STEP * A_DAY)
        if oldest < until:
            db.execute(delete(Beat).where(Beat.heart == heart, Beat.minute < until))
            return 1
    return 0


def _next_day(db: Session, heart: Heart, zone: ZoneInfo) -> date | None:
    """After the last one that stands, or that of the first mark."""
    last = db.scalar(select(func.max(UptimeDay.day)).where(UptimeDay.heart == heart))
    if last is not None:
        return last + A_DAY
    first = queries.first_beat(db, heart)
    return first.astimezone(zone).date() if first is not None else None


def _settle(db: Session, heart: Heart, day: date, now: datetime, zone: ZoneInfo) -> bool:
    """Days on which nothing left a mark, all at once, and then the next one that has some; False where no minute of it
    counts: marks of a clock that went wrong."""
    today, begun = now.astimezone(zone).date(), queries.began(db, heart, zone)
    marked = db.scalar(
        select(func.min(Beat.minute)).where(Beat.heart == heart, Beat.minute >= queries.day_span(day, zone)[0])
    )
    until = min(today, marked.astimezone(zone).date()) if marked is not None else today
    found = {silent: _nothing(silent, begun, now, zone) for silent in days_between(day, until - A_DAY)}
    if until < today:
        found[until] = queries.counted(db, heart, until, now, zone)
    rows = [
        {"heart": str(heart), "day": one, "minutes": up.minutes, "open": up.open, "read_only": up.read_only}
        for one, up in found.items()
        if up.minutes
    ]
    if rows:
        db.execute(upsert(db, _DAY).on_conflict_do_nothing(), rows)
    return bool(rows)


def _nothing(day: date, begun: datetime | None, now: datetime, zone: ZoneInfo) -> Uptime:
    return Uptime(count_minutes(*minutes_to_count(day, begun, now, zone)))
