"""The published tables: which there are, what their columns mean, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.text.sheet import Cell
from app.performance.contribution import Asking, Column, Dataset, Measure
from app.performance.model import StepCount
from app.performance.queries import figures, opinions, reports, uptime
from app.performance.queries.figures import Kept
from app.performance.rules.opinions import Grade, Opinions
from app.performance.rules.periods import month_of, months_until
from app.performance.rules.uptime import Heart, percent

UPTIME, STEPS, ACCESSIBILITY = "uptime", "steps", "accessibility"
OF_MEASURE = (
    Column("period", "string", _("week or month; a week begins on its Monday")),
    Column("first_day", "date", _("the period's first day, in the time zone of the site")),
    Column("last_day", "date", _("its last day; of the newest period it may be in the future")),
    Column("part", "integer", _("of a share: how many were so")),
    Column("whole", "integer", _("of how many; of times: how many things were measured")),
    Column("share", "decimal", _("per cent, rounded down to two places")),
    Column("median_seconds", "integer", _("of times: half took no longer")),
    Column("ninetieth_seconds", "integer", _("of times: nine in ten took no longer")),
    Column("withheld", "boolean", _("true where there were so few that no figure is given")),
)
OF_UPTIME = (
    Column("day", "date", _("a local day; the first may have begun before it was first known to be up")),
    Column("what", "string", _("pages: pages were answered; work: letters and deadlines moved")),
    Column("minutes", "integer", _("whole minutes of the day that count")),
    Column("up", "integer", _("minutes in which it was up")),
    Column("read_only", "integer", _("minutes in which an administrator had made it read-only")),
    Column("down", "integer", _("minutes in which nothing showed that it was up")),
    Column("share", "decimal", _("per cent of the minutes that were not read-only, rounded down")),
)
OF_STEPS = (
    Column("journey", "string", _("what people set out to do")),
    Column("month", "string", _("year and month")),
    Column("step", "string", _("how far they came")),
    Column("times", "integer", _("how often the step was made; empty where it was withheld")),
    Column("withheld", "boolean", _("true where it was made so seldom that no figure is given")),
)
OF_OPINIONS = (
    Column("month", "string", _("year and month")),
    *(Column(grade.replace("-", "_"), "integer", _("people who said so")) for grade in Grade),
    Column("people", "integer", _("everyone who said something")),
    Column("share", "decimal", _("per cent who were satisfied or very satisfied, rounded down")),
    Column("withheld", "boolean", _("true where there were so few that no figure is given")),
)
OF_REPORTS = (
    Column("tested_on", "date", _("when it was tested")),
    Column("standard", "string", _("against what")),
    Column("tested_by", "string", _("who tested it")),
    Column("passed", "integer", _("checks that passed")),
    Column("failed", "integer", _("checks that failed")),
    Column("problems", "integer", _("what did not work for everyone")),
    Column("mended", "integer", _("how many of these are mended since")),
    Column("report", "anyURI", _("the whole report, where it is published")),
)


def datasets(measures: Mapping[str, Measure], askings: Mapping[str, Asking]) -> list[Dataset]:
    """Every table of the page, for a catalogue."""
    found = [Dataset(m.key, m.title, m.definition, path_of(m.key), OF_MEASURE) for m in measures.values()]
    found += [
        Dataset(a.key, _("How it was: {where}").format(where=a.title), a.definition, path_of(a.key), OF_OPINIONS)
        for a in askings.values()
    ]
    return [
        *found,
        Dataset(UPTIME, _("Uptime"), _("Minutes in which the site was up, by day."), path_of(UPTIME), OF_UPTIME),
        Dataset(STEPS, _("Steps"), _("How often each step of a journey was made, by month."), path_of(STEPS), OF_STEPS),
        Dataset(
            ACCESSIBILITY,
            _("Reports of accessibility"),
            _("Who tested how accessible the site is, and what came of it."),
            path_of(ACCESSIBILITY),
            OF_REPORTS,
        ),
    ]


def path_of(key: str) -> str:
    return f"/performance/{key}.csv"


def rows(db: Session, site: Any, key: str, now: datetime) -> Sequence[Sequence[Cell]] | None:
    """The table with its head; None where there is none of this name."""
    fewest, zone = site.performing.fewest, site.settings.zone
    if key in site.measures:
        return [_head(OF_MEASURE), *(of_kept(kept, fewest) for kept in figures.every(db, key))]
    if key in site.askings:
        return [_head(OF_OPINIONS), *_opinions(db, key, fewest)]
    if key == UPTIME:
        return [_head(OF_UPTIME), *_uptime(db, now, zone)]
    if key == STEPS:
        return [_head(OF_STEPS), *_steps(db, fewest)]
    if key == ACCESSIBILITY:
        return [_head(OF_REPORTS), *_reports(db, now.astimezone(zone).date())]
    return None


def of_kept(kept: Kept, fewest: int) -> tuple[Cell, ...]:
    span = (str(kept.period), kept.first.isoformat(), kept.last.isoformat())
    if kept.is_few(fewest):
        return (*span, None, None, None, None, None, "true")
    if kept.part is not None:
        return (*span, kept.part, kept.whole, _two(kept.share), None, None, "false")
    return (*span, None, kept.whole, None, kept.median, kept.ninetieth, "false")


def of_opinions(said: Opinions, fewest: int) -> tuple[Cell, ...]:
    if said.size < fewest:
        return (*(None for _grade in Grade), None, None, "true")
    return (*(said.of(grade) for grade in Grade), said.size, _two(percent(said.content, said.size)), "false")


def _opinions(db: Session, key: str, fewest: int) -> Iterable[tuple[Cell, ...]]:
    for month, said in opinions.by_month(db).get(key, {}).items():
        yield (f"{month:%Y-%m}", *of_opinions(said, fewest))


def _uptime(db: Session, now: datetime, zone: Any) -> Iterable[tuple[Cell, ...]]:
    first = months_until(now.astimezone(zone).date())[0]
    for heart in Heart:
        for day, up in uptime.days(db, heart, first, now, zone).items():
            yield (day.isoformat(), str(heart), up.minutes, up.open, up.read_only, up.down, _two(up.share))


def _steps(db: Session, fewest: int) -> Iterable[tuple[Cell, ...]]:
    sums: dict[tuple[str, str, str], int] = {}
    counted = select(StepCount).order_by(StepCount.journey, StepCount.day, StepCount.step)
    for row in db.scalars(counted):
        key = (row.journey, f"{month_of(row.day):%Y-%m}", row.step)
        sums[key] = sums.get(key, 0) + row.times
    for key, times in sums.items():
        yield (*key, None, "true") if times < fewest else (*key, times, "false")


def _reports(db: Session, today: Any) -> Iterable[tuple[Cell, ...]]:
    for row in reports.everyone(db):
        if row.taken_back_at is None:
            found = reports.tested(db, row, today)
            counts = (row.passed, row.failed, len(found.problems), len(found.mended))
            yield (row.tested_on.isoformat(), row.standard, row.tested_by, *counts, row.link)


def _head(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _two(share: float | None) -> str | None:
    return f"{share:.2f}" if share is not None else None
