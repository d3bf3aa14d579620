"""What was heard, as it is published: words, counts and quotations at the instant of their release."""

from __future__ import annotations

import msgspec

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import length, tidy

MOST_SUMMARY, MOST_BODY, MOST_NOTE, MOST_ANSWER = 2_000, 20_000, 1_000, 4_000


class Quote(msgspec.Struct, frozen=True):
    """Words of a response that is public; shown only while it is. ``number`` is its public number."""

    response_id: int
    number: int
    question: int
    text: str


class ShownFinding(msgspec.Struct, frozen=True):
    """``codes`` and ``codings``: what stood behind it then, from which it can be told who was counted."""

    id: int
    title: str
    text: str
    people: int
    codes: tuple[int, ...] = ()
    codings: tuple[int, ...] = ()
    quotes: tuple[Quote, ...] = ()


class Chosen(msgspec.Struct, frozen=True):
    """A finding that is to be published, and the passages quoted with it."""

    id: int
    quotes: tuple[int, ...] = ()


def read_text(text: str, most: int, *, required: bool = True) -> str:
    """Raises :class:`BadField`."""
    words = tidy(text)
    if required and not words:
        raise BadField(_("Write something here"))
    if length(words) > most:
        raise BadField(_("This must be {most} characters or fewer").format(most=f"{most:,}"))
    return words
