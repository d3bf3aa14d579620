"""The history chart: signatures by day, drawn as SVG on the server beside its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 600, 140
MOST_BARS = 60


@dataclass(frozen=True)
class Bar:
    """One bar in the chart's own units, with what it stands for."""

    x: float
    y: float
    width: float
    height: float
    day: date
    count: int


@dataclass(frozen=True)
class History:
    """``bars`` fill ``width`` × ``height``; ``table`` has (first day, signatures) a row, oldest first."""

    bars: list[Bar]
    table: list[tuple[date, int]]
    days_a_bar: int
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def history_chart(hours: Sequence[tuple[datetime, int]], zone: ZoneInfo) -> History | None:
    """Signatures by local day, several days a bar where there are many; None without any."""
    by_day: Counter[date] = Counter()
    for hour, count in hours:
        by_day[hour.astimezone(zone).date()] += count
    if not +by_day:
        return None
    first, last = min(by_day), max(by_day)
    step = -(-((last - first).days + 1) // MOST_BARS)
    sums: Counter[date] = Counter()
    for day, count in by_day.items():
        sums[first + timedelta(days=(day - first).days // step * step)] += count
    days = [first + timedelta(days=i) for i in range(0, (last - first).days + 1, step)]
    table = [(day, sums[day]) for day in days]
    return History(_bars(table), table, step, max(sums.values()))


def _bars(table: Sequence[tuple[date, int]]) -> list[Bar]:
    top = max(count for _day, count in table) or 1
    room = WIDTH / max(len(table), 10)
    bars = []
    for place, (day, count) in enumerate(table):
        height = round(HEIGHT * count / top, 1)
        bars.append(Bar(round(place * room, 1), round(HEIGHT - height, 1), round(room * 0.8, 1), height, day, count))
    return bars
