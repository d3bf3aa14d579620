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
    last_day = months_after(opened_at.astimezone(zone).date(), months)
    midnight = datetime.combine(last_day + timedelta(days=1), time(0), tzinfo=zone)
    return midnight.astimezone(UTC)


def days_left(closes_at: datetime | None, now: datetime) -> int | None:
    """Days until closing, a started one counted; None where there is no such time or it is over."""
    if closes_at is None or closes_at <= now:
        return None
    return -(-int((closes_at - now).total_seconds()) // 86_400)
