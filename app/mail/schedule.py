"""When letters leave: news in its window, retries after growing pauses."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_ATTEMPTS = 14
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=12)


def pause_after(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most 12 hours: fourteen attempts span about two days."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** max(0, attempts - 1))


def news_due(window: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The first instant in the window (``always`` or ``00:00-06:00``, local time) from ``now`` on."""
    if window == "always":
        return now
    opens, closes = read_window(window)
    local = now.astimezone(zone)
    today = local.replace(hour=opens.hour, minute=opens.minute, second=0, microsecond=0)
    if _inside(local.time(), opens, closes):
        return now
    return (today if local < today else today + timedelta(days=1)).astimezone(now.tzinfo)


def read_window(window: str) -> tuple[time, time]:
    """Opening and closing time of ``HH:MM-HH:MM``; ValueError otherwise."""
    opens, _dash, closes = window.partition("-")
    return time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip())


def _inside(moment: time, opens: time, closes: time) -> bool:
    if opens <= closes:
        return opens <= moment < closes
    return moment >= opens or moment < closes
