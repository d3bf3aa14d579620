"""By when an answer is due: days of the calendar or working days, and never a day on which nobody works.

A due day ends at its local midnight, whatever the clocks do in between: what is due on the 24th is late
from the 25th on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import BadField
from app.core.i18n import _
from app.moderation.rules.promise import FreeDays

A_DAY = timedelta(days=1)
#: an extension or a promise further away than this is no date anybody can be held to
MOST_YEARS = 10
_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")


@dataclass(frozen=True)
class Span:
    """``days`` of the calendar; ``working``: only days on which somebody works are counted."""

    days: int
    working: bool = False


@dataclass(frozen=True)
class WorkingDays:
    """The deployment's working week (Monday is 0) without its holidays."""

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: Sequence[FreeDays] = ()

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day.weekday() not in self.weekend and self.holiday_on(day) is None

    def holiday_on(self, day: date) -> FreeDays | None:
        return next((h for h in self.holidays if h.first <= day <= h.last), None)

    def from_day(self, day: date) -> date:
        """This day, or the first working day after it."""
        while day not in self:
            day += A_DAY
        return day


def due_day(start: date, span: Span, working: WorkingDays) -> date:
    """The working day on which what began on ``start`` is due."""
    if not span.working:
        return working.from_day(start + A_DAY * span.days)
    day, left = start, span.days
    while left > 0:
        day = working.from_day(day + A_DAY)
        left -= 1
    return day


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight at which a local day ends, as a UTC instant."""
    return datetime.combine(day + A_DAY, time(0), tzinfo=zone).astimezone(UTC)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When today ends: what is due today is late from then on."""
    return end_of(now.astimezone(zone).date(), zone)


def last_day(due_at: datetime, zone: ZoneInfo) -> date:
    """The local day that ends at, or holds, this instant."""
    return (due_at - timedelta(microseconds=1)).astimezone(zone).date()


def read_day(text: str) -> date:
    """A day as date fields send it (``2026-12-24``) or as people type it (``24/12/2026``)."""
    text = text.strip()
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise BadField(_("Enter a day, such as 24/12/2026."))


def check_due_day(day: date, *, today: date, working: WorkingDays, after: date | None = None) -> date:
    """A day somebody can be held to; ``BadField`` for one that is over, too far, free, or not ``after``."""
    if day <= today:
        raise BadField(_("Choose a day after today."))
    if day.year > today.year + MOST_YEARS:
        raise BadField(_("Choose a day within the next 10 years."))
    if after is not None and day <= after:
        raise BadField(_("Choose a day later than the one that stands. A date cannot be brought forward."))
    if (holiday := working.holiday_on(day)) is not None:
        raise BadField(_("Nobody works on that day ({name}). Choose another one.").format(name=holiday.name))
    if day not in working:
        raise BadField(_("That day is not a working day. Choose another one."))
    return day
