"""A token's text: a beginning that scanners for secrets know, what nobody guesses, and a checksum.

``tsq_`` and 38 letters and digits, the last six a CRC-32 of the 32 before them: a scanner, and our own door, can tell
a token from something that only looks like one without asking anybody.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

START = "tsq_"
#: so much of a text is shown and stored, to know it again
RECOGNISED = len(START) + 6
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6
_FORM = re.compile(rf"{START}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")


def new_text() -> str:
    """190 bits that nobody guesses."""
    body = "".join(secrets.choice(_LETTERS) for _letter in range(_RANDOM))
    return START + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether it could be one of ours: cut, mistyped and made-up ones are not."""
    if not _FORM.fullmatch(text):
        return False
    body = text[len(START) : -_CHECK]
    return _checksum(body) == text[-_CHECK:]


def digest(text: str) -> bytes:
    """What is stored and looked up: a digest tells no more of a text in the time that its search takes than the text's
    own randomness lets anybody use."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    number, found = zlib.crc32(body.encode()), ""
    for _digit in range(_CHECK):
        number, digit = divmod(number, len(_LETTERS))
        found = _LETTERS[digit] + found
    return found
