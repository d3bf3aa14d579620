"""Kept figures, as the page, its tables and programs show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.performance.model import Figure
from app.performance.rules.periods import Period, last_of, lately, months_until, week_of, weeks_until
from app.performance.rules.uptime import percent

#: what the pages of figures depend on
PERFORMANCE = "performance"


class Kept(NamedTuple):
    """A measure's figure of a span; ``part`` of ``whole``, or times of ``whole`` things in seconds."""

    period: Period
    first: date
    whole: int
    part: int | None
    median: int | None
    ninetieth: int | None

    @property
    def last(self) -> date:
        return last_of(self.period, self.first)

    @property
    def share(self) -> float | None:
        """Per cent, rounded down."""
        return percent(self.part, self.whole) if self.part is not None else None

    def is_few(self, fewest: int) -> bool:
        """So few that a share or a middle of them says nothing, and may say something of somebody."""
        return self.whole < fewest


@dataclass(frozen=True)
class Shown:
    """What is shown of one measure: the last ninety days, and each week or month of which there is something."""

    lately: Kept | None
    weeks: Sequence[tuple[date, Kept | None]]
    months: Sequence[tuple[date, Kept | None]]

    @property
    def is_empty(self) -> bool:
        return not any(kept for _first, kept in (*self.weeks, *self.months))


def of_all(db: Session, today: date) -> Mapping[str, Shown]:
    """By measure: one look at a year of rows. A share has a row a day, of times there are months alone."""
    first = months_until(today)[0]
    columns = (
        Figure.measure,
        Figure.period,
        Figure.first_day,
        Figure.whole,
        Figure.part,
        Figure.median,
        Figure.ninetieth,
    )
    lately_days = (Figure.period == Period.DAY) & (Figure.first_day >= weeks_until(today)[0])
    longer = (Figure.period != Period.DAY) & (Figure.first_day >= first)
    found: defaultdict[str, list[Kept]] = defaultdict(list)
    for measure, period, day, whole, *others in db.execute(select(*columns).where(or_(lately_days, longer))):
        found[measure].append(Kept(Period(period), day, whole, *others))
    return {measure: _shown(rows, today) for measure, rows in found.items()}


def nothing(today: date) -> Shown:
    """Of a measure without a row."""
    return _shown((), today)


def every(db: Session, measure: str) -> Iterable[Kept]:
    """Whatever is kept of one measure, by weeks and months, the earliest first; for its table."""
    rows = select(Figure).where(Figure.measure == measure).order_by(Figure.first_day)
    kept = [Kept(Period(r.period), r.first_day, r.whole, r.part, r.median, r.ninetieth) for r in db.scalars(rows)]
    weeks = _by_week(k for k in kept if k.period is Period.DAY)
    return [*(weeks[monday] for monday in sorted(weeks)), *(k for k in kept if k.period is Period.MONTH)]


def _shown(rows: Sequence[Kept], today: date) -> Shown:
    weeks = _by_week(k for k in rows if k.period is Period.DAY)
    months = {k.first: k for k in rows if k.period is Period.MONTH}
    recent = [k for k in rows if k.period is Period.LATELY]
    return Shown(
        lately=recent[0] if recent and recent[0].last >= lately(today)[0] else None,
        weeks=_begun([(monday, weeks.get(monday)) for monday in weeks_until(today)]),
        months=_begun([(month, months.get(month)) for month in months_until(today)]),
    )


def _by_week(days: Iterable[Kept]) -> dict[date, Kept]:
    parts: defaultdict[date, list[Kept]] = defaultdict(list)
    for day in days:
        parts[week_of(day.first)].append(day)
    return {
        monday: Kept(Period.WEEK, monday, sum(k.whole for k in those), sum(k.part or 0 for k in those), None, None)
        for monday, those in parts.items()
    }


def _begun(spans: Sequence[tuple[date, Kept | None]]) -> Sequence[tuple[date, Kept | None]]:
    """Without those before the first of which there is something."""
    first = next((at for at, (_day, kept) in enumerate(spans) if kept is not None), len(spans))
    return spans[first:]
