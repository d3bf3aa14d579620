"""Where a recording is, and at which second of it a hall began."""

from __future__ import annotations

import re

from app.core.errors import BadField
from app.core.i18n import _

_CLOCK = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,6})")
MOST = 24 * 3600


def read_offset(text: str) -> int:
    """``90``, ``1:30`` or ``1:02:03`` as seconds, ``-`` before it where the hall began earlier; raises BadField."""
    typed = text.strip().replace("\u2212", "-")
    sign, digits = (-1, typed[1:].strip()) if typed.startswith("-") else (1, typed)
    if not digits:
        return 0
    found = _CLOCK.fullmatch(digits) if digits.isascii() else None
    if found is None:
        raise BadField(_("Enter minutes and seconds, such as 1:30."))
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if (found[2] and seconds > 59) or (found[1] and minutes > 59) or total > MOST:
        raise BadField(_("Enter minutes and seconds, such as 1:30."))
    return sign * total
