"""When a night's dump is due: at a local time, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def last_night(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The last instant up to ``now`` that is this local time of its day: exactly one a day.

    Where clocks go forward over it, the instant at which it would have come; where it comes twice, the first.
    """
    day = now.astimezone(zone).date()
    today = _instant(datetime.combine(day, at), zone)
    return today if today <= now else _instant(datetime.combine(day - timedelta(days=1), at), zone)


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
