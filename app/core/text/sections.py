"""What officials write, section by section: a field's label, hint and length, and its reading."""

from __future__ import annotations

from typing import NamedTuple

from app.core.errors import BadField
from app.core.i18n import Phrase, _
from app.core.text.plain import is_blank, length, tidy, tidy_line

LEAST_TITLE, MOST_TITLE, MOST_SUMMARY, MOST_BODY, MOST_SHORT, MOST_REASON = 5, 200, 400, 30_000, 2_000, 2_000


class Field(NamedTuple):
    """One text, ``most`` characters long. ``lines``: 1 for one line. ``needed``: without it nothing becomes public."""

    name: str
    label: Phrase
    hint: Phrase
    most: int
    lines: int = 1
    needed: bool = False


def read_text(field: Field, text: str) -> str:
    """Tidied; BadField where it is too long. Empty is for later."""
    text = tidy_line(text) if field.lines == 1 else tidy(text)
    if length(text) > field.most:
        raise BadField(_("Keep it to {most} characters.").format(most=f"{field.most:,}"))
    return "" if is_blank(text) else text


def read_title(text: str) -> str:
    """The one text that even a draft must have."""
    title = read_text(TITLE, text)
    if length(title) < LEAST_TITLE:
        raise BadField(_("Give it a title of 5 characters or more."))
    return title


def read_reason(text: str) -> str:
    """A reason or explanation that everyone can read."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Give the reason. Everyone can read it."))
    if length(text) > MOST_REASON:
        raise BadField(_("Keep the reason to 2,000 characters."))
    return text


TITLE = Field("title", _("Title"), _("As people would say it, without reference numbers."), MOST_TITLE, needed=True)
