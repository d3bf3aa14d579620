"""Sheets of responses that came on paper: how a row is read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.people.addresses import Address, read_address
from app.core.text.plain import tidy_line
from consultations.policy import ConsultationPolicy
from consultations.rules.answers import check_all
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import Channel, Consent
from consultations.rules.sheets import answers_in, columns

MOST_ROWS = 20_000
MOST_COLUMNS = 1_000
MOST_CELL = 40_000
MOST_REF, MOST_NAME = 80, 200


class SheetState(StrEnum):
    READING = "reading"
    DONE = "done"


class RowState(StrEnum):
    WAITING = "waiting"
    STORED = "stored"
    ALREADY = "already"
    WRONG = "wrong"


ROW_NAMES = {
    RowState.WAITING: _("Waiting to be read"),
    RowState.STORED: _("Imported"),
    RowState.ALREADY: _("Imported before"),
    RowState.WRONG: _("Not imported"),
}


class Fault(NamedTuple):
    """What is wrong with one cell, in words for whoever typed it."""

    column: str
    message: str


class Came(NamedTuple):
    """A response that did not come by this site, whole and checked."""

    source_ref: str
    channel: Channel
    received_on: date
    name: str
    organisation: str
    address: Address | None
    consent: Consent
    notify: bool
    answers: Mapping[int, Any]

    def received_at(self, zone: tzinfo) -> datetime:
        """The end of the day on which it came in."""
        return datetime.combine(self.received_on, time(12), zone).astimezone(UTC)


#: what every row says beside its answers: column -> what it is for
FACTS: Mapping[str, str] = {
    "source_ref": _("Your own number for it, such as P-017; each only once"),
    "channel": _("paper, email, phone or meeting"),
    "received_on": _("The day it came in, such as 2027-03-14"),
    "name": _("Who wrote it"),
    "organisation": _("On whose behalf, where it is an organisation"),
    "email": _("Where to send news, if they want any"),
    "consent": _("named, anonymous or none: what may be published"),
    "notify": _("yes where they want news of what comes of it"),
}


def header_faults(header: Sequence[str], questionnaire: Questionnaire) -> list[str]:
    """Why a sheet cannot be read at all; empty where it can."""
    known = [*FACTS, *(c.key for c in columns(questionnaire))]
    faults = [
        str(_('There are two columns called "{name}".')).format(name=n)
        for n in sorted(set(header))
        if header.count(n) > 1
    ]
    faults += [
        str(_('The column "{name}" is missing.')).format(name=n)
        for n in ("source_ref", "channel", "received_on", "consent")
        if n not in header
    ]
    unknown = [n for n in header if n not in known]
    faults += [str(_('No question has the column "{name}".')).format(name=n[:60]) for n in unknown[:5]]
    return faults


def read_row(
    cells: Mapping[str, str], questionnaire: Questionnaire, policy: ConsultationPolicy, *, latest: date
) -> Came | list[Fault]:
    """A whole response, or everything that is wrong with its row. ``latest``: it cannot have come in after that."""
    faults: list[Fault] = []

    def read(column: str, reader: Any) -> Any:
        try:
            return reader(cells.get(column, "").strip())
        except BadField as wrong:
            faults.append(Fault(column, str(wrong.message)))
            return None

    facts = {
        "source_ref": read("source_ref", _read_ref),
        "channel": read("channel", _read_channel),
        "received_on": read("received_on", lambda text: _read_day(text, latest)),
        "name": read("name", _read_name),
        "organisation": read("organisation", _read_name),
        "address": read("email", _read_mail),
        "consent": read("consent", _read_consent),
        "notify": read("notify", _read_yes),
    }
    given, misread = answers_in(questionnaire, cells)
    faults += [Fault(column, message) for column, message in misread]
    checked = check_all(questionnaire, given, policy)
    first = _first_columns(questionnaire)
    spoken = {c.question for c in columns(questionnaire) if c.key in {f.column for f in faults}}
    faults += [Fault(first.get(p.question, ""), str(p.message)) for p in checked.problems if p.question not in spoken]
    return faults or Came(**facts, answers=checked.answers)


def _first_columns(questionnaire: Questionnaire) -> dict[int, str]:
    found: dict[int, str] = {}
    for column in columns(questionnaire):
        found.setdefault(column.question, column.key)
    return found


def _read_ref(text: str) -> str:
    words = tidy_line(text)
    if not words:
        raise BadField(_("Write your own number for it, such as P-017"))
    if len(words) > MOST_REF:
        raise BadField(_("The number must be {most} characters or fewer").format(most=MOST_REF))
    return words


def _read_channel(text: str) -> Channel:
    try:
        channel = Channel(text.casefold())
    except ValueError:
        channel = Channel.WEB
    if channel is Channel.WEB:
        raise BadField(_("Write paper, email, phone or meeting"))
    return channel


def _read_day(text: str, latest: date) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise BadField(_("Write the day it came in as year-month-day, such as 2027-03-14")) from None
    if day > latest:
        raise BadField(_("It cannot have come in after {day}").format(day=latest.isoformat()))
    return day


def _read_name(text: str) -> str:
    words = tidy_line(text)
    if len(words) > MOST_NAME:
        raise BadField(_("A name must be {most} characters or fewer").format(most=MOST_NAME))
    return words


def _read_mail(text: str) -> Address | None:
    if not text:
        return None
    try:
        return read_address(text)
    except ValueError as wrong:
        raise BadField(str(getattr(wrong, "message", wrong))) from wrong


def _read_consent(text: str) -> Consent:
    try:
        return Consent(text.casefold())
    except ValueError:
        raise BadField(_("Write named, anonymous or none")) from None


def _read_yes(text: str) -> bool:
    known = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True, "x": True}
    if text.casefold() not in known:
        raise BadField(_("Write yes or no"))
    return known[text.casefold()]
