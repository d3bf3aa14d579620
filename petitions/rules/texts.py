"""What a petition must say, and the digest its text is frozen under."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import is_blank, length, starts_like_formula, tidy, tidy_line

MOST_ACTION, MOST_BACKGROUND, MOST_DETAILS = 80, 300, 800
LEAST_ACTION = 5


class Texts(NamedTuple):
    """What a petition says: the three texts, checked or as stored."""

    action: str
    background: str
    additional_details: str

    @property
    def digest(self) -> bytes:
        return text_digest(*self)


def read_action(text: str) -> str:
    """The one request, on one line; ``BadField`` says what is wrong."""
    text = tidy_line(text)
    if is_blank(text) or length(text) < LEAST_ACTION:
        raise BadField(_("Say in a few words what you want somebody to do."))
    return _within(_no_formula(text), MOST_ACTION, _("What you want done must be 80 characters or fewer."))


def read_background(text: str) -> str:
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Say why it should be done."))
    return _within(_no_formula(text), MOST_BACKGROUND, _("The background must be 300 characters or fewer."))


def read_details(text: str) -> str:
    text = tidy(text)
    return _within(_no_formula(text), MOST_DETAILS, _("More details must be 800 characters or fewer."))


def text_digest(action: str, background: str, details: str) -> bytes:
    """32 bytes over the three texts exactly as published."""
    parts = (part.encode() for part in (action, background, details))
    return hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).digest()


def _no_formula(text: str) -> str:
    if starts_like_formula(text):
        raise BadField(_("Begin with a letter or a number, not with =, +, - or @."))
    return text


def _within(text: str, most: int, message: str) -> str:
    if length(text) > most:
        raise BadField(message)
    return text
