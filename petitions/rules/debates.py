"""What may be said of a debate, and how it stands on a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from app.core.errors import BadField, FieldError, Invalid
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy

MOST_OVERVIEW = 6_000
MOST_LINK = 500
#: a date further ahead than this is a slip of the pen
FURTHEST = timedelta(days=3 * 366)
LINKS = ("transcript_url", "video_url", "pack_url")
T = TypeVar("T")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TYPED = re.compile(r"([0-9]{1,2})[/. ]([0-9]{1,2})[/. ]([0-9]{4})")
_PRINTABLE = re.compile(r"[!-~]+")


class DebateState(StrEnum):
    SCHEDULED = "scheduled"
    OUTCOME = "outcome"
    NOT_HELD = "not_held"


class Phase(StrEnum):
    """How a debate stands on a day."""

    AWAITING = "awaiting"
    SCHEDULED = "scheduled"
    DEBATED = "debated"
    OUTCOME = "outcome"
    NOT_HELD = "not-held"


@dataclass(frozen=True)
class DebateText:
    """A checked version: what stands, its day, words and links."""

    state: DebateState
    debated_on: date | None = None
    overview: str = ""
    transcript_url: str = ""
    video_url: str = ""
    pack_url: str = ""


def phase_of(state: str | None, debated_on: date | None, today: date) -> Phase:
    """A date that has passed means debated, with the outcome still to be told."""
    if state == DebateState.OUTCOME:
        return Phase.OUTCOME
    if state == DebateState.NOT_HELD:
        return Phase.NOT_HELD
    if state == DebateState.SCHEDULED and debated_on is not None:
        return Phase.DEBATED if today > debated_on else Phase.SCHEDULED
    return Phase.AWAITING


def changes_on(phase: Phase, today: date, debated_on: date | None) -> date | None:
    """The next day on which the same version is shown in other words."""
    if phase is Phase.SCHEDULED and debated_on is not None:
        return debated_on + timedelta(days=1)
    return today + timedelta(days=1) if phase is Phase.DEBATED else None


def read_debate(form: Mapping[str, str], hosts: Sequence[str], *, since: date, today: date) -> DebateText:
    """Check what an officer wrote; :class:`Invalid` names each field that is wrong.

    ``since``: the day the petition opened, before which nobody can have debated it.
    """
    errors: list[FieldError] = []
    state = form.get("state", "")
    if state not in set(DebateState):
        raise Invalid([FieldError("state", _("Choose what there is to say about the debate."))])
    overview = tidy(form.get("overview", "")) if state != DebateState.SCHEDULED else ""
    day: date | None = None
    links: dict[str, str] = {}
    if state != DebateState.NOT_HELD:
        past = state == DebateState.OUTCOME
        day = _kept(errors, "date", partial(_day, form, since, today, past=past))
    if state == DebateState.OUTCOME:
        links = {name: _kept(errors, name, partial(read_link, form.get(name, ""), hosts)) or "" for name in LINKS}
    _check_overview(errors, DebateState(state), overview, any(form.get(name, "").strip() for name in LINKS))
    if errors:
        raise Invalid(errors)
    return DebateText(DebateState(state), day, overview, **links)


def read_link(text: str, hosts: Sequence[str]) -> str:
    """An https address on one of the allowed hosts or below it; empty stays empty."""
    text = text.strip()
    if not text:
        return ""
    if len(text) > MOST_LINK:
        raise BadField(_("The link must be 500 characters or fewer."))
    if _host_of(text) is None or not any(_is_within(_host_of(text) or "", host) for host in hosts):
        allowed = ", ".join(hosts)
        raise BadField(
            _("Enter a link that starts with https:// and leads to one of these sites: {hosts}").format(hosts=allowed)
        )
    return text


def allowed_hosts(setting: str) -> list[str]:
    """``debate_hosts`` as a list."""
    return [host.strip().lower() for host in setting.split(",") if host.strip()]


def _host_of(text: str) -> str | None:
    """The host of a plain https address; None for one with a name, a port, or letters that only look alike."""
    if not _PRINTABLE.fullmatch(text) or "\\" in text or not text.lower().startswith("https://"):
        return None
    try:
        authority = urlsplit(text).netloc.lower()
    except ValueError:
        return None
    return authority if _HOST.fullmatch(authority) else None


def _is_within(host: str, allowed: str) -> bool:
    return host == allowed or host.endswith(f".{allowed}")


def _day(form: Mapping[str, str], since: date, today: date, *, past: bool) -> date:
    text = form.get("date", "").strip()
    if not text:
        raise BadField(_("Enter the date of the debate."))
    given = _date(text)
    if given is None:
        raise BadField(_("The date of the debate must be a real date, such as 18/8/2027."))
    if given < since:
        raise BadField(_("The date of the debate must be on or after the day the petition opened."))
    if past and given > today:
        raise BadField(_("The debate's outcome can be told from the day of the debate on."))
    if given > today + FURTHEST:
        raise BadField(_("The date of the debate must be within the next three years."))
    return given


def _date(text: str) -> date | None:
    """A day as date fields send it (``2027-08-18``), or as people type it (``18/8/2027``, ``18.8.2027``)."""
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _TYPED.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _check_overview(errors: list[FieldError], state: DebateState, overview: str, has_links: bool) -> None:
    if length(overview) > MOST_OVERVIEW:
        errors.append(FieldError("overview", _("The text must be 6,000 characters or fewer.")))
    elif state is DebateState.NOT_HELD and is_blank(overview):
        errors.append(FieldError("overview", _("Say why the petition will not be debated.")))
    elif state is DebateState.OUTCOME and is_blank(overview) and not has_links:
        errors.append(FieldError("overview", _("Say what the debate brought, or give a link to it.")))


def _kept(errors: list[FieldError], name: str, read: Callable[[], T]) -> T | None:
    """What ``read`` answers; a bad field is noted under its name."""
    try:
        return read()
    except BadField as wrong:
        errors.append(FieldError(name, str(wrong.message)))
        return None
