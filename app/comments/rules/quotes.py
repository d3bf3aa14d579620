"""A passage of its subject's text that a comment is about: word for word, from one version of it."""

from __future__ import annotations

from enum import StrEnum

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import length, tidy_line

MOST_QUOTE = 2_000

NOT_THERE = _(
    "These words do not stand in version {version} like that. Copy them from the text exactly, or leave this empty."
)
NOTHING_TO_QUOTE = _("Nothing can be quoted here. Leave this empty.")


class Passage(StrEnum):
    """Where a quoted passage stands in the text as it is now. ``OTHER``: nothing was quoted, and the text is another."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    OTHER = "other"


PASSAGE_NAMES = {
    Passage.SAME: "",
    Passage.CHANGED: _("this passage has changed since"),
    Passage.GONE: _("this clause was removed since"),
    Passage.OTHER: _("there is a newer version"),
}


def read_quote(text: str) -> str:
    """On one line, as it is compared and stored; empty where nothing is quoted."""
    quote = tidy_line(text)
    if length(quote) > MOST_QUOTE:
        raise BadField(_("Quote at most {most} characters.").format(most=f"{MOST_QUOTE:,}"))
    return quote


def read_version(text: str) -> int | None:
    """The version that the form was made with; None for anything odd."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else None


def occurs(quote: str, text: str) -> bool:
    """Word for word, whatever the line breaks and spaces between."""
    return quote in tidy_line(text)


def passage(quote: str | None, about_version: int | None, text: str | None, version: int) -> Passage:
    """``text``: as it is in ``version``, the newest; None where it was removed."""
    if about_version is None or version == 0:
        return Passage.SAME
    if text is None:
        return Passage.GONE
    if about_version == version:
        return Passage.SAME
    if quote:
        return Passage.SAME if occurs(quote, text) else Passage.CHANGED
    return Passage.OTHER
