"""What officials write about a hall, section by section; what must be there before it is public."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.core.errors import BadField, FieldError, Invalid
from app.core.i18n import Phrase, _
from app.core.text.figures import is_whole
from app.core.text.links import safe_href
from app.core.text.plain import is_blank, length, tidy_line
from app.core.text.sections import MOST_BODY, MOST_SHORT, MOST_SUMMARY, MOST_TITLE, TITLE, Field
from townhall.rules.lifecycle import HallState, Video

MOST_LINE = 300
MOST_MINUTES, MOST_ITEMS, MOST_SPEAKERS, MOST_URL = 600, 40, 12, 500
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Section:
    """What is written on one page. ``states``: while it may be changed."""

    slug: str
    title: Phrase
    fields: tuple[Field, ...] = ()
    states: frozenset[HallState] = frozenset({HallState.DRAFT, HallState.SCHEDULED})


_UNTIL_THE_END = frozenset({HallState.DRAFT, HallState.SCHEDULED, HallState.LIVE})
ABOUT = Section(
    "about",
    _("What it is about"),
    (
        TITLE,
        Field("summary", _("In one sentence"), _("Stands on lists and in calendars."), MOST_SUMMARY, needed=True),
        Field(
            "body",
            _("What is talked about, and what people can ask"),
            _("Blank lines part paragraphs; lists, **bold**, headings with ## and links work."),
            MOST_BODY,
            10,
            needed=True,
        ),
        Field(
            "venue",
            _("Where one can also come in person (optional)"),
            _("Place and address. Leave it empty for a hall that is online alone."),
            MOST_LINE,
        ),
        Field("contact", _("Whom to ask"), _("An address or a number that somebody answers."), MOST_SHORT, 3, True),
    ),
)
WHEN = Section("when", _("When"))
TAKING_PART = Section("taking-part", _("Who takes part, and how"))
PEOPLE = Section("people", _("Host, moderators, speakers and departments"))
ACCESS = Section(
    "access",
    _("Access for everybody"),
    (
        Field(
            "captions",
            _("Captions (optional)"),
            _("Who or what writes them, and in which language. Leave it empty where there are none."),
            MOST_LINE,
        ),
        Field(
            "sign_language",
            _("Sign language (optional)"),
            _("Which one, and where it is seen. Leave it empty where there is none."),
            MOST_LINE,
        ),
        Field(
            "access_notes",
            _("Anything else (optional)"),
            _("Steps and lifts, hearing loops, large print, how to ask by telephone or on paper."),
            MOST_SHORT,
            5,
        ),
    ),
    _UNTIL_THE_END,
)
WATCH = Section("watch", _("Video"), states=_UNTIL_THE_END)
SECTIONS: Mapping[str, Section] = {s.slug: s for s in (ABOUT, WHEN, TAKING_PART, PEOPLE, ACCESS, WATCH)}
#: of these a change is told to whoever registered
MOVES_IT = ("starts_at", "ends_at", "venue", "video_kind", "video_url")
#: of these a calendar must learn too
IN_CALENDARS = (*MOVES_IT, "title", "summary")
VIDEO_NAMES = {
    Video.NONE: _("No video here"),
    Video.HLS: _("A stream, played on the page once somebody presses Play (HLS)"),
    Video.LINK: _("A link to where it can be watched"),
}


class Lack(NamedTuple):
    """What stands between a draft and the public, or should be thought about: where to mend it, and what."""

    field: str
    section: str
    message: str


class Plan(NamedTuple):
    """What a hall has beside its own columns, in numbers."""

    hosts: int = 0
    moderators: int = 0
    items: int = 0
    minutes: int = 0


def read_capacity(text: str, most: int) -> int | None:
    """How many places there are; None: as many as come."""
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not is_whole(text, figures=11) or not 0 < int(text) <= most:
        raise BadField(_("Enter a whole number from 1 to {most}, or leave it empty.").format(most=f"{most:,}"))
    return int(text)


def read_address(text: str) -> str:
    """An https address, as it is linked; empty stays empty. Other sites are never asked whether it is there."""
    text = text.strip()
    if not text:
        return ""
    href = safe_href(text)
    if href is None or not href.startswith("https://") or len(href) > MOST_URL:
        raise BadField(_("Enter a full address that begins with https://"))
    return href


def check_video(kind: str, url: str) -> None:
    """Raises Invalid where kind and address do not fit each other."""
    if kind != Video.NONE and not url:
        raise Invalid([FieldError("video_url", str(_("Enter the address of the video.")))])
    path = url.partition("?")[0].partition("#")[0]
    if kind == Video.HLS and not path.endswith(".m3u8"):
        raise Invalid([FieldError("video_url", str(_("The address of an HLS stream ends in .m3u8")))])


def read_minutes(text: str) -> int:
    text = text.strip()
    if not is_whole(text, figures=5) or not 0 < int(text) <= MOST_MINUTES:
        raise BadField(_("Enter how many minutes, from 1 to {most}.").format(most=MOST_MINUTES))
    return int(text)


def read_item(text: str) -> str:
    """The title of a part of the agenda."""
    text = tidy_line(text)
    if is_blank(text):
        raise BadField(_("Say what this part is about."))
    if length(text) > MOST_TITLE:
        raise BadField(_("Keep it to {most} characters.").format(most=MOST_TITLE))
    return text


def check_times(starts: datetime | None, ends: datetime | None, *, after: datetime | None = None) -> None:
    """Raises Invalid, naming the field. ``after``: it must begin later than this instant."""
    if starts is not None and after is not None and starts <= after:
        raise Invalid([FieldError("starts_day", str(_("Choose a time that is still to come.")))])
    if starts is None or ends is None:
        return
    if ends <= starts:
        raise Invalid([FieldError("ends_day", str(_("It must end after it starts.")))])
    if ends - starts > LONGEST:
        raise Invalid([FieldError("ends_day", str(_("It cannot be longer than 24 hours. Look at both days.")))])


def lacks(hall: Any, plan: Plan, now: datetime) -> list[Lack]:
    """Everything that is missing or cannot be, each named; nothing is made public before that is empty."""
    found = [
        Lack(f.name, s.slug, _("{field} is missing").format(field=f.label))
        for s in SECTIONS.values()
        for f in s.fields
        if f.needed and is_blank(getattr(hall, f.name))
    ]
    if hall.starts_at is None or hall.ends_at is None:
        found.append(Lack("starts", WHEN.slug, str(_("Start and end are missing"))))
    elif hall.starts_at <= now:
        found.append(Lack("starts", WHEN.slug, str(_("The start is over"))))
    if not plan.hosts:
        found.append(Lack("host", PEOPLE.slug, str(_("A host is missing"))))
    if hall.screening and not plan.moderators:
        words = _("Questions wait for a moderator, and there is none")
        found.append(Lack("moderators", PEOPLE.slug, str(words)))
    return found


def advice(hall: Any, plan: Plan) -> list[Lack]:
    """What should be thought about; none of it keeps a hall from being public."""
    found = []
    if not plan.items:
        found.append(Lack("agenda", "agenda", str(_("There is no agenda: people like to know what comes when"))))
    if hall.starts_at and hall.ends_at and timedelta(minutes=plan.minutes) > hall.ends_at - hall.starts_at:
        planned, there = plan.minutes, round((hall.ends_at - hall.starts_at) / timedelta(minutes=1))
        words = _("The agenda takes {planned} minutes, the town hall {there}").format(planned=planned, there=there)
        found.append(Lack("agenda", "agenda", words))
    if is_blank(hall.captions) and is_blank(hall.sign_language) and is_blank(hall.access_notes):
        words = _("Nothing says how people take part who do not hear, or cannot climb stairs")
        found.append(Lack("access", ACCESS.slug, str(words)))
    return found


def changed(before: Mapping[str, Any], after: Any, names: Collection[str]) -> list[str]:
    """The columns of these names that are others now."""
    return [name for name in names if before[name] != getattr(after, name)]
