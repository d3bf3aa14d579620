"""Everything that the page of figures shows, from kept rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core import freshness, remember
from app.performance.contribution import Asking, Measure, Unit
from app.performance.queries import figures, opinions, reports, steps, uptime
from app.performance.queries.figures import Kept, Shown
from app.performance.queries.reports import Tested
from app.performance.rules.opinions import Grade, Opinions
from app.performance.rules.periods import lately, month_of, months_until
from app.performance.rules.uptime import Heart, Uptime, total
from app.performance.web import charts
from app.performance.web.charts import Chart

NOBODY = Opinions({})
#: minutes and opinions go by without anything being touched
SECONDS = 20.0


@dataclass(frozen=True)
class MeasureShown:
    """A measure with its rows: weeks, or months where weeks have too few for a figure; of times months alone."""

    measure: Measure
    figures: Shown
    rows: Sequence[tuple[date, Kept | None]]
    by_week: bool
    chart: Chart
    #: words of a step and how often, of the last ninety days
    steps: Sequence[tuple[str, int]]

    @property
    def is_share(self) -> bool:
        return self.measure.unit is Unit.SHARE


@dataclass(frozen=True)
class Opinion:
    """What people said where they were asked, in the last ninety days."""

    asking: Asking
    said: Opinions


@dataclass(frozen=True)
class Room:
    title: str
    measures: Sequence[MeasureShown]
    opinions: Sequence[Opinion]


@dataclass(frozen=True)
class UptimeShown:
    """``months``: the first of each with its minutes; ``low``: the latest days of which minutes were down."""

    lately: Uptime
    strip: Chart
    months: Sequence[tuple[date, Uptime]]
    low: Sequence[tuple[date, Uptime]]
    since: date | None


@dataclass(frozen=True)
class Performance:
    rooms: Sequence[Room]
    pages: UptimeShown
    work: UptimeShown
    opinions: Opinions
    tested: Tested | None
    leading: Sequence[MeasureShown]
    today: date


def performance(db: Session, site: Any, now: datetime) -> Performance:
    """``site``: the :class:`app.site.Site`, for its measures, askings and numbers."""
    zone, fewest = site.settings.zone, site.performing.fewest
    today = now.astimezone(zone).date()
    kept = figures.of_all(db, today)
    measures = [measure_shown(db, m, kept.get(m.key), today, fewest) for m in site.measures.values()]
    said = opinions.since(db, lately(today)[0])
    return Performance(
        rooms=_rooms(measures, [Opinion(a, said.get(a.key, NOBODY)) for a in site.askings.values()]),
        pages=_uptime(db, Heart.PAGES, now, zone),
        work=_uptime(db, Heart.WORK, now, zone),
        opinions=together(said[key] for key in site.askings if key in said),
        tested=reports.newest(db, today),
        leading=[m for m in measures if m.measure.leads],
        today=today,
    )


class Remembering:
    """What the page shows, worked out anew when figures have changed, on another day, and after some seconds."""

    def __init__(self) -> None:
        self._kept: remember.Kept[Performance] = remember.Kept(SECONDS)

    def get(self, db: Session, site: Any, now: datetime) -> Performance:
        version = freshness.versions(db, (figures.PERFORMANCE,)).get(figures.PERFORMANCE, 0)
        stamp = (now.astimezone(site.settings.zone).date(), version)
        return self._kept.get(stamp, lambda: performance(db, site, now))


def measure_shown(db: Session, measure: Measure, found: Shown | None, today: date, fewest: int) -> MeasureShown:
    shown = found or figures.nothing(today)
    by_week = measure.unit is Unit.SHARE and _tell_enough(shown.weeks, fewest)
    rows = shown.weeks if by_week else shown.months
    told = [k if k is not None and not k.is_few(fewest) else None for _first, k in rows]
    if measure.unit is Unit.SHARE:
        chart = charts.bars([k.share if k else None for k in told], 100)
    else:
        ninetieth = [k.ninetieth if k else None for k in told]
        top = max((n for n in ninetieth if n is not None), default=0)
        chart = charts.bars([k.median if k else None for k in told], top, ninetieth)
    return MeasureShown(measure, shown, rows, by_week, chart, _steps(db, measure, today))


def _tell_enough(weeks: Sequence[tuple[date, Kept | None]], fewest: int) -> bool:
    """A half of the weeks in which there was something have a figure."""
    some = [kept for _first, kept in weeks if kept is not None]
    return bool(some) and 2 * sum(kept.is_few(fewest) for kept in some) <= len(some)


def together(parts: Any) -> Opinions:
    """All that was said, wherever it was asked."""
    sums: dict[Grade, int] = {}
    for part in parts:
        for grade, people in part.people.items():
            sums[grade] = sums.get(grade, 0) + people
    return Opinions(sums)


def _rooms(measures: Sequence[MeasureShown], said: Sequence[Opinion]) -> list[Room]:
    """In the order in which they came, each with all that is its own."""
    titles = dict.fromkeys([str(m.measure.room) for m in measures] + [str(o.asking.room) for o in said])
    return [
        Room(
            title,
            [m for m in measures if str(m.measure.room) == title],
            [o for o in said if str(o.asking.room) == title],
        )
        for title in titles
    ]


def _steps(db: Session, measure: Measure, today: date) -> list[tuple[str, int]]:
    if measure.journey is None:
        return []
    counted = steps.sums(db, measure.journey.key, *lately(today))
    return [(words, counted.get(step, 0)) for step, words in measure.journey.steps] if counted else []


def _uptime(db: Session, heart: Heart, now: datetime, zone: ZoneInfo) -> UptimeShown:
    today = now.astimezone(zone).date()
    days = uptime.days(db, heart, months_until(today)[0], now, zone)
    first = lately(today)[0]
    low = [(day, up) for day, up in days.items() if up.down]
    return UptimeShown(
        lately=total(up for day, up in days.items() if day >= first),
        strip=charts.strip(days, today),
        months=by_month(days),
        low=low[::-1][:10],
        since=min(days, default=None),
    )


def by_month(days: Mapping[date, Uptime]) -> list[tuple[date, Uptime]]:
    """The first of each month of which something is known, the latest first."""
    months: dict[date, Uptime] = {}
    for day, up in days.items():
        months[month_of(day)] = months.get(month_of(day), Uptime()) + up
    return sorted(months.items(), reverse=True)
