"""What an administrator has stopped, as of an instant, and what may be changed about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.core.errors import BadField, Conflict
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line
from petitions.rules.eligibility import SigningStopped
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState

MOST_MESSAGE = 500
MOST_REASON = 1_000


class StopKind(StrEnum):
    CREATING = "creating"
    SIGNING = "signing"
    ELECTION = "election"


@dataclass(frozen=True)
class Stopped:
    """What is stopped: None where it goes on, else the administrator's words to the public (maybe none).

    ``creating`` counts from an election's minute too; ``election_at`` is that minute, before and after it.
    """

    creating: str | None = None
    signing: str | None = None
    election_at: datetime | None = None
    election_message: str = ""
    signing_since: datetime | None = None


def kept_to_election(
    state: str, closes_at: datetime | None, *, was_published: bool, election_at: datetime | None, now: datetime
) -> tuple[str, datetime | None]:
    """A petition's state and closing as a standing election has them by the clock, written down already or not.

    No petition closes later than the minute; from it on, none gathers supporters any more.
    """
    if election_at is None:
        return state, closes_at
    if closes_at is not None and closes_at > election_at:
        closes_at = election_at
    if now >= election_at and state in BEFORE_PUBLICATION and not was_published:
        state = PetitionState.STOPPED
    return state, closes_at


class CreatingStopped(Conflict):
    """Somebody starts a petition while an administrator has stopped new ones."""

    code = "creating-stopped"
    title = _("You cannot start a petition at the moment")
    message = _("{words}Nothing was stored. Petitions that gather support already go on.")
    way_on = ("/petitions", _("Read and sign what others have started"))

    def __init__(self, words: str = "") -> None:
        super().__init__(words=f"{words} " if words else "")


class AlreadyStopped(Conflict):
    code = "already-stopped"
    title = _("Somebody has changed this already")
    message = _("It is stopped. Look at the page again before you change anything. Nothing was changed.")
    way_on = ("/admin/petitions", _("See what is stopped"))


class NotStopped(Conflict):
    code = "not-stopped"
    title = _("Somebody has changed this already")
    message = _("It is no longer stopped. Look at the page again before you change anything. Nothing was changed.")
    way_on = ("/admin/petitions", _("See what is stopped"))


class ElectionBegun(Conflict):
    """A moderator publishes after an election's minute."""

    code = "election-begun"
    title = _("Nothing can be published before the election")
    message = _("Petitions that were not published are being stopped. Nothing was changed.")
    way_on = ("/moderation", _("Back to the queue"))


def refusal_while_stopped(stopped: Stopped, petition_id: int, *, since: str) -> SigningStopped | None:
    """Why nobody can ask for a signature now, or None; ``since`` is the day of ``signing_since`` in words."""
    if stopped.signing is None:
        return None
    return SigningStopped(petition=petition_id, since=since, words=f"{stopped.signing} " if stopped.signing else "")


def read_message(text: str) -> str:
    """The administrator's words to the public, on one line; may be empty."""
    text = tidy_line(text)
    if length(text) > MOST_MESSAGE:
        raise BadField(_("Keep the words to the public to 500 characters."))
    return text


def read_reason(text: str) -> str:
    """Why, for the record."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Say why, for the record."))
    if length(text) > MOST_REASON:
        raise BadField(_("Keep the reason to 1,000 characters."))
    return text


def read_day(text: str) -> date:
    """As a browser's date field sends it: ``2029-05-03``."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise BadField(_("Enter the day as year-month-day, such as 2029-05-03.")) from wrong


def read_time(text: str) -> time:
    """As a browser's time field sends it: ``18:00``; seconds are left out."""
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as wrong:
        raise BadField(_("Enter the time as hours and minutes, such as 18:00.")) from wrong


def local_minute(day: date, at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant of a local minute to come; of one that comes twice, the first."""
    instant = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != datetime.combine(day, at):
        raise BadField(_("There is no such time on that day: the clocks go forward. Choose another minute."))
    if instant <= now:
        raise BadField(_("Choose a minute that is still to come."))
    return instant
