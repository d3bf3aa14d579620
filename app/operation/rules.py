"""What administrators type: words to the public, reasons for the record, and when a notice begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line

MOST_MESSAGE, MOST_REASON = 500, 1_000


class Level(StrEnum):
    """How loud a notice is."""

    INFORMATION = "information"
    IMPORTANT = "important"
    URGENT = "urgent"


def read_message(text: str) -> str:
    """Words to the public, or none; raises :class:`BadField`."""
    message = tidy_line(text)
    if length(message) > MOST_MESSAGE:
        raise BadField(str(_("The words to the public must be 500 characters or fewer")))
    return message


def read_words(text: str) -> str:
    """A notice's words; raises :class:`BadField`."""
    if is_blank(text):
        raise BadField(str(_("Enter what the notice says")))
    return read_message(text)


def read_reason(text: str) -> str:
    """Why, for the record; raises :class:`BadField`."""
    reason = tidy(text)
    if is_blank(reason):
        raise BadField(str(_("Say why: it goes on record with your name")))
    if length(reason) > MOST_REASON:
        raise BadField(str(_("The reason must be 1,000 characters or fewer")))
    return reason


def read_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """A minute as a browser's field sends it (``2026-03-04T09:30``), of the site's zone; None where it is empty."""
    typed = text.strip()
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed.upper().replace(" ", "T"))
    except ValueError as wrong:
        raise BadField(str(_("Enter a day and a time, such as 2026-03-04 09:30"))) from wrong
    if local.tzinfo is not None or not 2000 <= local.year < 2200:
        raise BadField(str(_("Enter a day and a time, such as 2026-03-04 09:30")))
    return local.replace(tzinfo=zone).astimezone(UTC)
