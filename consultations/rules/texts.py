"""What a consultation says, section by section: which fields, how long, and which must be there before anyone reviews it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import Phrase, _
from app.core.text.plain import is_blank, length, tidy
from app.core.text.sections import MOST_BODY, MOST_REASON, MOST_SHORT, MOST_SUMMARY, TITLE, Field


@dataclass(frozen=True)
class Section:
    """What is written on one page of the official's room."""

    slug: str
    title: Phrase
    fields: tuple[Field, ...] = ()


_FORMATTED = _("Blank lines part paragraphs; lists, **bold**, headings with ## and links work.")
ABOUT = Section(
    "about",
    _("What it is about"),
    (
        TITLE,
        Field("summary", _("In one sentence"), _("Stands on lists and in search results."), MOST_SUMMARY, needed=True),
        Field("body", _("Who asks about what, and why now"), _FORMATTED, MOST_BODY, 12, True),
        Field("scope", _("What can still change, and what cannot"), _FORMATTED, MOST_BODY, 8, True),
        Field("use", _("How answers are used, and when the outcome is to be expected"), _FORMATTED, MOST_BODY, 8, True),
    ),
)
ANSWERING = Section(
    "answering",
    _("Ways to answer, and whom to ask"),
    (
        Field(
            "other_ways",
            _("Other ways to answer (optional)"),
            _("An address for paper, a telephone number, meetings with day and place."),
            MOST_SHORT,
            5,
        ),
        Field(
            "contact",
            _("Contact for questions"),
            _("An address or a number that somebody answers."),
            MOST_SHORT,
            3,
            True,
        ),
        Field(
            "formats_contact",
            _("Contact for other formats"),
            _("Whom to ask for large print, Braille, sign language or another language."),
            MOST_SHORT,
            3,
            needed=True,
        ),
        Field(
            "privacy_notice",
            _("Privacy notice"),
            _("Who holds what people send, what for, who sees it, and how long."),
            MOST_BODY,
            8,
            needed=True,
        ),
    ),
)
EASY = Section(
    "easy",
    _("Easy read"),
    (
        Field(
            "easy_read",
            _("The same in short sentences and plain words (optional)"),
            _("One idea in a sentence. Readers who need it find it first on the page."),
            MOST_BODY,
            14,
        ),
    ),
)
TIMES = Section("times", _("When it opens and closes"))
SETTINGS = Section("settings", _("Discussion, figures and departments that help"))
SECTIONS = {s.slug: s for s in (ABOUT, ANSWERING, EASY, TIMES, SETTINGS)}
#: the four things that whoever publishes looks at, and says so
CHECKS: Mapping[str, Phrase] = {
    "purpose": _("The purpose is clear: people can tell what is asked and why."),
    "formative": _("Nothing is decided yet: what people say can still change it."),
    "enough": _("There is enough information to form a view."),
    "time": _("There is time enough to answer, for those whom it touches most too."),
}


def read_remark(text: str) -> str:
    """A remark among officials."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Say what has to change."))
    if length(text) > MOST_REASON:
        raise BadField(_("Keep it to 2,000 characters."))
    return text


class Lack(NamedTuple):
    """Something that stands between a draft and its review: where to mend it, and what."""

    field: str
    section: str
    message: str


def lacks(consultation: Any, now: datetime) -> list[Lack]:
    """Every text and time that is missing or cannot be, each named; nothing is submitted before that is empty."""
    found = [
        Lack(f.name, s.slug, _("{field} is missing").format(field=f.label))
        for s in SECTIONS.values()
        for f in s.fields
        if f.needed and is_blank(getattr(consultation, f.name))
    ]
    return found + _lacking_times(consultation, now)


def _lacking_times(consultation: Any, now: datetime) -> list[Lack]:
    opens, closes, found = consultation.opens_at, consultation.closes_at, []
    if opens is None:
        found.append(Lack("opens", TIMES.slug, str(_("Opening time is missing"))))
    if closes is None:
        found.append(Lack("closes", TIMES.slug, str(_("Closing time is missing"))))
    elif closes <= now:
        found.append(Lack("closes", TIMES.slug, str(_("Closing time is over"))))
    return found
