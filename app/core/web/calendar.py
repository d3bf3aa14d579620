"""iCalendar (RFC 5545): days and meetings that calendar programs follow. Nothing in them is HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

CALENDAR = "text/calendar"  # in UTF-8, which every answer of text says of itself
A_DAY = timedelta(days=1)
#: control characters, which imports carry and no program expects in one line of text
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Entry:
    """``uid`` stays for good; ``sequence`` never falls, and grows with every change of what is said here.

    ``begins`` is a day, or an instant with an end. One that is ``cancelled`` tells programs that hold
    an older version; it should say no more than that.
    """

    uid: str
    sequence: int
    changed_at: datetime
    begins: date | datetime
    title: str
    link: str = ""
    about: str = ""
    #: where it takes place
    place: str = ""
    ends: datetime | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Asked:
    """Whose dates a calendar holds: everybody's, or one department's."""

    now: datetime
    department_id: int | None = None
    department: str = ""


#: one contribution to the public calendar
Dates = Callable[[Session, Asked], Iterable[Entry]]


def written(name: str, maker: str, entries: Iterable[Entry]) -> bytes:
    """The whole calendar. The same entries make the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{_line(maker)}//Town Square//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _line(name))
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        calendar.add_component(_event(entry))
    body: bytes = calendar.to_ical()
    return body


def _event(entry: Entry) -> Event:
    one = Event()
    one.add("uid", entry.uid)
    one.add("sequence", entry.sequence)
    one.add("dtstamp", _whole_second(entry.changed_at))
    one.add("last-modified", _whole_second(entry.changed_at))
    one.add("summary", _line(entry.title))
    if isinstance(entry.begins, datetime):
        one.add("dtstart", _whole_second(entry.begins))
        one.add("dtend", _whole_second(entry.ends or entry.begins + timedelta(hours=1)))
    else:
        one.add("dtstart", entry.begins)
        one.add("dtend", entry.begins + A_DAY)
        one.add("transp", "TRANSPARENT")  # a day to remember, which makes nobody busy
    if entry.about:
        one.add("description", _NOT_TEXT.sub("", entry.about))
    if entry.place:
        one.add("location", _line(entry.place))
    if entry.link:
        one.add("url", entry.link)
    one.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return one


def _line(text: str) -> str:
    return " ".join(_NOT_TEXT.sub(" ", text).split())


def _whole_second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
