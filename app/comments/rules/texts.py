"""What may stand in a comment: how long, in which language, for or against."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import fold, is_blank, tidy

MOST_CHARACTERS = 4_000
#: of the text in UTF-8: 4,000 characters of four bytes each; pictures made of several need more
MOST_BYTES = 16_000
#: no form may be longer, in bytes as it travels
MOST_FORM = 400_000


class Stance(StrEnum):
    FOR = "for"
    AGAINST = "against"
    NEUTRAL = "neutral"


STANCE_NAMES = {Stance.FOR: _("For"), Stance.AGAINST: _("Against"), Stance.NEUTRAL: _("Neither for nor against")}

TOO_LONG = _("Keep your comment to {most} characters: it has {count}.")
TOO_HEAVY = _(
    "Your comment has {count} characters, but takes up {bytes} bytes; at most {most} fit. "
    "Letters take up to four bytes each, some emoji 25: use fewer of those."
)


def read_body(text: str) -> str:
    """A comment as it is stored; :class:`BadField` says the count where it is too long. Nothing is ever cut."""
    body = tidy(text)
    if is_blank(body):
        raise BadField(str(_("Write your comment.")))
    count, size = grapheme_count(body), len(body.encode())
    if count > MOST_CHARACTERS:
        raise BadField(TOO_LONG.format(most=f"{MOST_CHARACTERS:,}", count=f"{count:,}"))
    if size > MOST_BYTES:
        raise BadField(TOO_HEAVY.format(count=f"{count:,}", bytes=f"{size:,}", most=f"{MOST_BYTES:,}"))
    return body


def read_stance(text: str) -> Stance:
    """For a discussion that asks for it."""
    try:
        return Stance(text)
    except ValueError:
        raise BadField(str(_("Say whether you are for it, against it or neither."))) from None


def body_digest(body: str) -> bytes:
    """Names one text exactly."""
    return hashlib.sha256(body.encode()).digest()


def likeness(body: str) -> bytes:
    """The same for texts that say the same with other capitals, accents or spaces."""
    return hashlib.sha256(fold(body).encode()).digest()
