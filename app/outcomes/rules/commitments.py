"""What a department promised: a thing, an owner, a date, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from app.core.errors import BadField, FieldError
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line
from app.outcomes.rules.deadlines import WorkingDays, check_due_day, read_day

MOST_TEXT, MOST_OWNER, MOST_UPDATE = 300, 120, 2_000
MOST_PROMISES = 10
MOST_LINKS = 5
#: the fields of a promise in a form
ROW = ("text", "owner", "due")


class Progress(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under-way"
    DONE = "done"
    DROPPED = "dropped"


P = Progress
PROGRESS_MOVES: dict[Progress, set[Progress]] = {
    P.PLANNED: {P.UNDER_WAY, P.DONE, P.DROPPED},
    P.UNDER_WAY: {P.PLANNED, P.DONE, P.DROPPED},
    P.DONE: {P.UNDER_WAY},
    P.DROPPED: {P.PLANNED, P.UNDER_WAY},
}
PROGRESS_NAMES = {
    P.PLANNED: _("Planned"),
    P.UNDER_WAY: _("Under way"),
    P.DONE: _("Done"),
    P.DROPPED: _("Dropped"),
}
#: somebody still has to do something
OPEN = frozenset({P.PLANNED, P.UNDER_WAY})


@dataclass(frozen=True)
class Promise:
    """A checked promise: what, who (an office or a person in office, never a private one), by which day."""

    text: str
    owner: str
    due_on: date


@dataclass(frozen=True)
class Update:
    """A checked progress update. ``due_on``: the promise has a new date, and ``note`` says why."""

    progress: Progress
    note: str
    links: tuple[str, ...] = ()
    due_on: date | None = None


def read_promise(
    text: str, owner: str, due: str, *, today: date, working: WorkingDays, prefix: str = "promise-"
) -> tuple[Promise | None, list[FieldError]]:
    """One promise of a form, or what is wrong with its fields, which begin with ``prefix``."""
    errors: list[FieldError] = []
    text, owner = tidy_line(text), tidy_line(owner)
    if is_blank(text):
        errors.append(FieldError(f"{prefix}text", _("Say what you promise.")))
    elif length(text) > MOST_TEXT:
        errors.append(FieldError(f"{prefix}text", _("Keep the promise to 300 characters.")))
    if is_blank(owner):
        errors.append(FieldError(f"{prefix}owner", _("Say who sees to it, such as Head of Libraries.")))
    elif length(owner) > MOST_OWNER:
        errors.append(FieldError(f"{prefix}owner", _("Keep the owner to 120 characters.")))
    day: date | None = None
    try:
        day = check_due_day(read_day(due), today=today, working=working)
    except BadField as wrong:
        errors.append(FieldError(f"{prefix}due", str(wrong.message)))
    if errors or day is None:
        return None, errors
    return Promise(text, owner, day), []


def read_promises(
    rows: Sequence[Mapping[str, str]], *, today: date, working: WorkingDays
) -> tuple[list[Promise], list[FieldError]]:
    """Those of a form's rows, numbered from 1; a row in which nothing stands is none, one half filled is wrong."""
    promises: list[Promise] = []
    errors: list[FieldError] = []
    for number, row in enumerate(rows, 1):
        if not any(row.get(name, "").strip() for name in ROW):
            continue
        text, owner, due = (row.get(name, "") for name in ROW)
        read, wrong = read_promise(text, owner, due, today=today, working=working, prefix=f"promise-{number}-")
        errors += wrong
        promises += [read] if read else []
    return promises, errors


def read_update_note(text: str, progress: str) -> str:
    """What everyone reads of a step; dropping a promise needs a reason. ``BadField`` says what is wrong."""
    text = tidy(text)
    if is_blank(text):
        if progress == Progress.DROPPED:
            raise BadField(_("Give the reason for dropping it. Everyone can read it."))
        raise BadField(_("Say in a sentence or two what has happened. Everyone can read it."))
    if length(text) > MOST_UPDATE:
        raise BadField(_("Keep the note to 2,000 characters."))
    return text


def read_links(text: str) -> tuple[str, ...]:
    """Evidence, one https address a line; ``BadField`` names what is none."""
    links = tuple(dict.fromkeys(line.strip() for line in tidy(text).splitlines() if line.strip()))
    if len(links) > MOST_LINKS:
        raise BadField(_("Give at most 5 links."))
    for link in links:
        if not is_safe_link(link):
            raise BadField(_("Give full addresses that begin with https://, one a line."))
    return links


def is_safe_link(link: str) -> bool:
    """An https address of a public-looking host, without a password in it."""
    try:
        parts = urlsplit(link)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and "." in host
        and not parts.username
        and not parts.password
        and link.isprintable()
        and " " not in link
        and len(link) <= 500
    )


def is_overdue(progress: str, due_on: date, today: date) -> bool:
    """Its day is over and it is neither done nor dropped."""
    return progress in OPEN and due_on < today
