"""Measures are asked in the background and their figures kept, so that the page reads rows and works nothing out.

A round asks each measure for the months in which something may have changed, a month in a step; the first round for
the whole last year. Whoever reads meanwhile has the figures of the round before.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from app.core.batches import insert_many
from app.core.db import after_commit
from app.core.freshness import touch
from app.performance.contribution import Measure, Share, Times, Unit
from app.performance.model import Figure
from app.performance.queries.figures import PERFORMANCE
from app.performance.rules.periods import (
    Period,
    Span,
    days_between,
    last_of,
    lately,
    months_between,
    months_until,
    span,
)

#: from one round's beginning to the next one's
EVERY = timedelta(minutes=15)
#: seconds that a step works, and so holds whoever else writes
A_MOMENT = 0.1
_FIGURE: Table = Figure.__table__  # type: ignore[assignment]
Row = dict[str, Any]


class _Unit(NamedTuple):
    """One step: a measure's month; without one the last ninety days."""

    measure: Measure
    month: date | None


class Rolling:
    """One process's rounds. ``measures`` may still be added to until the first one."""

    def __init__(self, measures: Mapping[str, Measure], zone: ZoneInfo) -> None:
        self.measures, self.zone = measures, zone
        self._left: deque[_Unit] = deque()
        self._begun: datetime | None = None

    def step(self, db: Session, now: datetime) -> int:
        """Begin a round where one is due, or work on for a moment; answers 1 while the round goes on."""
        today = now.astimezone(self.zone).date()
        if not self._left:
            if self._begun is not None and timedelta(0) <= now - self._begun < EVERY:
                return 0
            self._begun = now
            self._left.extend(unit for measure in self.measures.values() for unit in self._due(db, measure, today))
        until, done = time.monotonic() + A_MOMENT, 0
        for unit in self._left:
            self._work(db, unit, today, now)
            done += 1
            if time.monotonic() > until:
                break
        if done and done == len(self._left):
            touch(db, PERFORMANCE)
        after_commit(db, partial(self._forget, done))
        return int(done < len(self._left))

    def _forget(self, done: int) -> None:
        """What could not be stored is worked out again."""
        for _unit in range(done):
            self._left.popleft()

    def _due(self, db: Session, measure: Measure, today: date) -> Sequence[_Unit]:
        """Months whose figures may have changed, the last ninety days at the end; none where nothing ever happened."""
        newest = db.scalar(
            select(func.max(Figure.first_day)).where(Figure.measure == measure.key, Figure.period == Period.MONTH)
        )
        first = months_until(today)[0]
        if newest is not None:
            first = max(first, min(newest, today - timedelta(days=measure.settles)))
        elif _is_nothing(measure.read(db, self._span(first, today))):
            return ()
        return [*(_Unit(measure, month) for month in months_between(first, today)), _Unit(measure, None)]

    def _work(self, db: Session, unit: _Unit, today: date, now: datetime) -> None:
        if unit.month is None:
            self._store(db, unit.measure, Period.LATELY, None, self._lately(db, unit.measure, today), now)
        else:
            self._keep_month(db, unit.measure, unit.month, today, now)

    def _keep_month(self, db: Session, measure: Measure, month: date, today: date, now: datetime) -> None:
        days = days_between(month, min(last_of(Period.MONTH, month), today))
        whole = self._span(days[0], days[-1])
        reading = measure.read(db, whole)
        if isinstance(reading, Times):
            self._store(db, measure, Period.MONTH, whole, [_row(month, reading)], now)
            return
        each = [] if _is_nothing(reading) else [_row(day, measure.read(db, self._span(day, day))) for day in days]
        self._store(db, measure, Period.DAY, whole, each, now)
        total = Share(sum(r["part"] for r in each), sum(r["whole"] for r in each))
        self._store(db, measure, Period.MONTH, whole, [_row(month, total)], now)

    def _lately(self, db: Session, measure: Measure, today: date) -> list[Row]:
        """Shares add up from their days; the middle of months says nothing of three of them."""
        first, last = lately(today)
        if measure.unit is Unit.TIME:
            return [_row(first, measure.read(db, self._span(first, last)))]
        days = select(func.sum(Figure.part), func.sum(Figure.whole)).where(
            Figure.measure == measure.key, Figure.period == Period.DAY, Figure.first_day >= first
        )
        part, whole = db.execute(days).one()
        return [_row(first, Share(int(part or 0), int(whole or 0)))]

    def _span(self, first: date, last: date) -> Span:
        return span(first, last, self.zone)

    def _store(
        self, db: Session, measure: Measure, period: Period, within: Span | None, rows: Sequence[Row], now: datetime
    ) -> None:
        """In the place of what was there; a day on which nothing happened has no row."""
        there = [_FIGURE.c.measure == measure.key, _FIGURE.c.period == str(period)]
        if within is not None:
            there += [_FIGURE.c.first_day >= within.first, _FIGURE.c.first_day <= within.last]
        db.execute(delete(_FIGURE).where(*there))
        kept = {"measure": measure.key, "period": str(period), "at": now}
        insert_many(db, _FIGURE, [kept | row for row in rows if row["whole"] > 0])


def _is_nothing(reading: Share | Times) -> bool:
    return not (reading.whole if isinstance(reading, Share) else reading.measured)


def _row(first: date, reading: Share | Times) -> Row:
    if isinstance(reading, Share):
        # what was counted before a crash and never stored may leave a whole too small
        return {"first_day": first, "part": reading.part, "whole": max(reading.whole, reading.part)} | _NO_TIMES
    times = {"median": reading.median, "ninetieth": reading.ninetieth}
    return {"first_day": first, "part": None, "whole": reading.measured} | times


_NO_TIMES = {"median": None, "ninetieth": None}
