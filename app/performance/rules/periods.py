"""Spans of local days: a day, a week, a month, the last ninety days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
LATELY_DAYS = 90
WEEKS, MONTHS = 13, 13


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    #: the last ninety days, today too
    LATELY = "lately"


class Span(NamedTuple):
    """Local days, the last one too, and the instants at which they begin and are over."""

    first: date
    last: date
    begin: datetime
    end: datetime


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def span(first: date, last: date, zone: ZoneInfo) -> Span:
    return Span(first, last, midnight(first, zone), midnight(last + A_DAY, zone))


def lately(today: date) -> tuple[date, date]:
    return today - (LATELY_DAYS - 1) * A_DAY, today


def week_of(day: date) -> date:
    """Its Monday."""
    return day - day.weekday() * A_DAY


def month_of(day: date) -> date:
    """The first of its month."""
    return day.replace(day=1)


def next_month(first: date) -> date:
    return month_of(first + timedelta(days=32))


def months_between(first: date, last: date) -> Iterator[date]:
    """The first day of each month from one day's to another's."""
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def months_until(today: date, count: int = MONTHS) -> list[date]:
    """So many months, this one too, the earliest first."""
    months = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(months - count + 1, months + 1)]


def weeks_until(today: date, count: int = WEEKS) -> list[date]:
    """So many Mondays, this week's too, the earliest first."""
    monday = week_of(today)
    return [monday - timedelta(weeks=n) for n in range(count - 1, -1, -1)]


def days_between(first: date, last: date) -> list[date]:
    return [first + n * A_DAY for n in range((last - first).days + 1)]


def last_of(period: Period, first: date) -> date:
    """The last day of the period that begins on a day."""
    match period:
        case Period.DAY:
            return first
        case Period.WEEK:
            return first + 6 * A_DAY
        case Period.MONTH:
            return next_month(first) - A_DAY
        case Period.LATELY:
            return first + (LATELY_DAYS - 1) * A_DAY
