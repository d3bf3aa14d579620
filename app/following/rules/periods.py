"""How often digests come, and at which instants."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.core.i18n import _


class Period(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


PERIOD_NAMES = {Period.DAILY: _("Once a day"), Period.WEEKLY: _("Once a week, on Mondays")}
_MONDAY = 0


def last_cut(period: Period, at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """When the newest digest of this period was due: the last time that clocks in ``zone`` showed ``at``.

    What happened up to then is in it, and what happens later is in the next. A time that clocks skip
    counts as if they had not been moved yet; of one that they show twice the first counts.
    """
    local = now.astimezone(zone)
    day = local.date()
    for _back in range(9):
        cut = datetime.combine(day, at, zone).astimezone(now.tzinfo)
        if cut <= now and (period is Period.DAILY or day.weekday() == _MONDAY):
            return cut
        day -= timedelta(days=1)
    raise AssertionError("nine days have a Monday")
