"""What everybody who registered for a hall is told, and when they are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from townhall.rules.lifecycle import Place

#: what letters are addressed to, and what the token of a link to stop reminders is made for
PARTICIPANT, UNSUBSCRIBE = "townhall.participant", "townhall.unsubscribe"
#: held by letters about an answer: their readers say once whether it answers what they asked
ASKED = "townhall.asked"


class NewsKind(StrEnum):
    """One letter to each person. The first two are for everyone, the others for whoever wants letters."""

    MOVED = "moved"
    CANCELLED = "cancelled"
    DAY_BEFORE = "day-before"
    HOUR_BEFORE = "hour-before"
    #: once a hall is over: what became of what its reader asked
    OUTCOME = "outcome"
    #: a written answer to a question, a promise about one: for who asked it or wants it answered
    ANSWERED = "answered"
    PROMISED = "promised"


#: letters to one person about their own place
CONFIRM, REGISTERED = "townhalls/mail/confirm", "townhalls/mail/registered"
WAITING, PROMOTED = "townhalls/mail/waiting", "townhalls/mail/promoted"
#: what a letter says to whoever stands there
BY_PLACE = {Place.PENDING: CONFIRM, Place.REGISTERED: REGISTERED, Place.WAITING: WAITING}
REMINDERS = frozenset({NewsKind.DAY_BEFORE, NewsKind.HOUR_BEFORE})
#: what came of questions; about as many things as there are
AFTERWARDS = frozenset({NewsKind.OUTCOME, NewsKind.ANSWERED, NewsKind.PROMISED})
#: for whoever wants letters
OPTIONAL = REMINDERS | AFTERWARDS
TEMPLATES = {
    NewsKind.MOVED: "townhalls/mail/moved",
    NewsKind.CANCELLED: "townhalls/mail/cancelled",
    NewsKind.DAY_BEFORE: "townhalls/mail/reminder",
    NewsKind.HOUR_BEFORE: "townhalls/mail/reminder",
    NewsKind.OUTCOME: "townhalls/mail/outcome",
    NewsKind.ANSWERED: "townhalls/mail/answered",
    NewsKind.PROMISED: "townhalls/mail/promised",
}
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
#: later than this the reminder of the day before is of no use: the other one follows
_LATEST = timedelta(hours=3)


def due_reminder(starts_at: datetime, announced_at: datetime | None, now: datetime) -> NewsKind | None:
    """The reminder that is due for a hall that starts then. Who learnt of it within the last day needs none that day."""
    left = starts_at - now
    if timedelta(0) < left <= AN_HOUR:
        return NewsKind.HOUR_BEFORE
    is_news = announced_at is not None and starts_at - announced_at <= A_DAY
    if _LATEST < left <= A_DAY and not is_news:
        return NewsKind.DAY_BEFORE
    return None
