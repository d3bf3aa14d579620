"""Text is UTF-8 that shows only letters, and no page or program in disguise."""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import IO

from app.files.rules.refusals import Reason, Unfit

CHUNK = 262_144
#: no text has them: every control but tab, line ends and form feed
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"[\s\ufeff]*(<[A-Za-z!?/]|#!|%!PS|\{\\rtf)")
#: the file by which people try whether uploads are looked at, told by its digest so that no scanner takes this one
_TEST_FILE_BYTES, _TEST_FILE = 68, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"


def check(file: IO[bytes]) -> None:
    """Raises :class:`Unfit`."""
    file.seek(0)
    if hashlib.sha256(file.read(_TEST_FILE_BYTES)).hexdigest() == _TEST_FILE:
        raise Unfit(Reason.INFECTED)
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
