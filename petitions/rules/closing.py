"""When a petition closes: months of the civic calendar, at the end of a local day."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: 31 August and six months is 28 or 29 February."""
    year, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def closing_instant(opened_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The end of the local day ``months`` after opening, as a UTC instant; clock changes add nothing."""
    return end_of_day(months_after(opened_at.astimezone(zone).date(), months), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The midnight at which a local day ends, as a UTC instant."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone).astimezone(UTC)


def a_day_later(closes_at: datetime, zone: ZoneInfo) -> datetime:
    """The same hour of the next local day; the end of a day becomes the end of the next, clock changes or not."""
    last_day = (closes_at - timedelta(microseconds=1)).astimezone(zone).date()
    if closes_at == end_of_day(last_day, zone):
        return end_of_day(last_day + timedelta(days=1), zone)
    local = closes_at.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    return local.replace(tzinfo=zone).astimezone(UTC)


def next_day_to_make_up(
    began_at: datetime, made_up_through: date | None, until: datetime, zone: ZoneInfo
) -> date | None:
    """The first local day since ``began_at`` whose midnight has come by ``until`` and is not made up for yet."""
    day = made_up_through + timedelta(days=1) if made_up_through else began_at.astimezone(zone).date()
    return day if end_of_day(day, zone) <= until else None


def is_over(state: str, closes_at: datetime | None, now: datetime, *, imported: bool) -> bool:
    """Open by its state, closed by the clock: the job has not said so yet. Imports keep what their source says."""
    return state == "open" and not imported and closes_at is not None and closes_at <= now


def days_left(closes_at: datetime | None, now: datetime) -> int | None:
    """Days until closing, a started one counted; None where there is no such time or it is over."""
    if closes_at is None or closes_at <= now:
        return None
    return -(-int((closes_at - now).total_seconds()) // 86_400)
