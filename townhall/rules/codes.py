"""Join codes: what a projector shows and people type. ``ward 4``, ``Ward-4`` and ``WARD4`` are one code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from app.core.errors import BadField
from app.core.i18n import _

LEAST, MOST, MADE = 4, 12, 6
#: without signs that are taken for another one when read from far away: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V
ALPHABET = "ACDEFGHJKMNPQRTWXY34679"
_CODE = re.compile(r"[A-Z0-9]{4,12}\Z")
_BETWEEN = re.compile(r"[\s._\-–—/]+")


def normal(text: str) -> str:
    """A code as it is stored, or what was typed without spaces where it cannot be one; never longer than 40."""
    wide = unicodedata.normalize("NFKC", text[:200])
    return _BETWEEN.sub("", wide).upper()[:40]


def read_code(text: str) -> str:
    """A code that an official chose; BadField where it cannot be one."""
    code = normal(text)
    if not _CODE.fullmatch(code):
        raise BadField(_("Use 4 to 12 letters from A to Z and digits. Spaces and capitals make no difference."))
    return code


def made(choose: Callable[[Sequence[str]], str]) -> str:
    """A new one; ``choose`` is the source of chance."""
    return "".join(choose(ALPHABET) for _sign in range(MADE))
