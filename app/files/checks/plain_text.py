"""Text is UTF-8 that shows only letters, and no page or program in disguise."""

from __future__ import annotations

import codecs
import re
from typing import IO

from app.files.rules.refusals import Reason, Unfit

CHUNK = 262_144
#: no text has them: every control but tab, line ends and form feed
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"[\s\ufeff]*(<[A-Za-z!?/]|#!|%!PS|\{\\rtf)")


def check(file: IO[bytes]) -> None:
    """Raises :class:`Unfit`."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_first = True
    while True:
        chunk = file.read(CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as wrong:
            raise Unfit(Reason.UNKNOWN) from wrong
        if _CONTROLS.search(text):
            raise Unfit(Reason.UNKNOWN)
        if is_first and _MARKUP.match(text):
            raise Unfit(Reason.MARKUP)
        if not chunk:
            return
        is_first = False
