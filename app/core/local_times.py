"""Days and local times as officials type them, turned into instants: what a clock change makes unclear is asked about.

When clocks go forward some local times do not exist, when they go back some come twice. Neither is guessed: the reader
of the form is told, and for a time that comes twice says which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import BadField
from app.core.i18n import _

#: which of two instants with the same local time
WHICH = ("first", "second")
MOST_YEARS = 5
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?\Z", re.IGNORECASE)


class NoSuchTime(BadField):
    """Clocks jump over this local time."""


class ComesTwice(BadField):
    """``instants``: the two, in UTC, the earlier first."""

    def __init__(self, message: str, instants: tuple[datetime, ...]) -> None:
        self.instants = instants
        super().__init__(message)


def instants_of(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The UTC instants at which the clocks of a zone show this: one, or none or two where they change."""
    local = datetime.combine(day, at)
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(t for t in found if t.astimezone(zone).replace(tzinfo=None) == local))


def read_instant(form: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    """``{name}_day``, ``{name}_time`` and, for a time that comes twice, ``{name}_which``; None where both are empty.

    Raises BadField: :class:`NoSuchTime`, :class:`ComesTwice`, or what else is wrong.
    """
    day_text, time_text = form.get(f"{name}_day", "").strip(), form.get(f"{name}_time", "").strip()
    if not day_text and not time_text:
        return None
    day, at = read_day(day_text), read_time(time_text)
    found = instants_of(day, at, zone)
    if not found:
        raise NoSuchTime(_gap(day, at, zone))
    if len(found) == 1:
        return found[0]
    which = form.get(f"{name}_which", "")
    if which not in WHICH:
        words = _("On this day the clocks go back, and {time} comes twice. Choose which one you mean.")
        raise ComesTwice(words.format(time=f"{at:%H:%M}"), found)
    return found[WHICH.index(which)]


def _gap(day: date, at: time, zone: ZoneInfo) -> str:
    """With the nearest times that there are."""
    jump = datetime.combine(day, at).replace(tzinfo=zone)
    before, after = (jump.replace(fold=1).utcoffset(), jump.replace(fold=0).utcoffset())
    length = abs((before or timedelta()) - (after or timedelta()))
    earlier = (datetime.combine(day, at) - length).time()
    later = (datetime.combine(day, at) + length).time()
    words = _("On this day the clocks go forward, and {time} does not exist. Choose {earlier} or {later}, for example.")
    return words.format(time=f"{at:%H:%M}", earlier=f"{earlier:%H:%M}", later=f"{later:%H:%M}")


def read_day(text: str) -> date:
    """A day as date fields send it (``2027-03-27``) or as people type it (``27/3/2027``)."""
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise BadField(_("Enter a day, such as 27/3/2027."))


def read_time(text: str) -> time:
    """ "9:00", "09.00", "23:45", "9am", "11.45 pm"."""
    found = _TIME.match(text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if found and found[3]:
        half = found[3].lower()
        hour = 99 if not 1 <= hour <= 12 else hour % 12 + (12 if half == "pm" else 0)
    elif found and found[2] is None:
        hour = 99  # "9" alone may be morning or evening
    if hour > 23 or minute > 59:
        raise BadField(_("Enter a time, such as 09:00 or 11:45 pm."))
    return time(hour, minute)


def fields_of(name: str, instant: datetime | None, zone: ZoneInfo) -> dict[str, str]:
    """The fields of a form that would be read as this instant."""
    if instant is None:
        return {}
    local = instant.astimezone(zone)
    fields = {f"{name}_day": local.date().isoformat(), f"{name}_time": f"{local:%H:%M}"}
    if len(instants_of(local.date(), local.time().replace(tzinfo=None, fold=0), zone)) > 1:
        fields[f"{name}_which"] = WHICH[local.fold]
    return fields


def whole_days(start: datetime, end: datetime) -> int:
    """Days that somebody has between two instants, the last one counted once it is whole."""
    return max(0, (end - start) // timedelta(days=1))


def check_far(instant: datetime, now: datetime) -> datetime:
    """BadField for a day so far away that it must be a slip."""
    if instant > now + timedelta(days=366 * MOST_YEARS):
        raise BadField(_("Choose a day within the next 5 years."))
    return instant
