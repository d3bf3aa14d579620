"""Names as people give them. Anything a person may be called is a name; an advertisement is not."""

from __future__ import annotations

import re

from app.core.i18n import _
from app.core.people.detail import BadDetail
from app.core.text.plain import has_link, is_blank, length, starts_like_formula, tidy_line

MOST_CHARACTERS = 80

# Names no rule below could change or refuse.
_ORDINARY = re.compile(r"[A-Za-z]+(?:[ '-][A-Za-z]+){0,9}")
_ADDRESS = re.compile(r"\w@\w")


class BadName(BadDetail):
    """Not a name that could stand in a list of names."""


def read_name(text: str) -> str:
    """The name a person typed, on one line, 1 to 80 characters. Raises :class:`BadName`.

    One word is enough, in any script, with any apostrophes, hyphens and dots.
    """
    if len(text) <= MOST_CHARACTERS and _ORDINARY.fullmatch(text):
        return text
    name = tidy_line(text)
    if is_blank(name):
        raise BadName(_("Enter your name"))
    if length(name) > MOST_CHARACTERS:
        raise BadName(_("Your name must be 80 characters or fewer"))
    # In a spreadsheet such a name would be computed, at the desk of whoever opens it.
    if starts_like_formula(name):
        raise BadName(_("Your name must not start with =, +, - or @"))
    if has_link(name) or _ADDRESS.search(name):
        raise BadName(_("Your name must not include a web or email address"))
    if not _has_a_letter(name):
        raise BadName(_("Your name must include a letter"))
    return name


def _has_a_letter(name: str) -> bool:
    return any(character.isalpha() and not is_blank(character) for character in name)
