"""Part of a file, as a browser asks for it that was interrupted (RFC 9110, one range)."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


class Part(NamedTuple):
    """``length`` bytes from ``start``."""

    start: int
    length: int


class OutOfRange(ValueError):
    """The file ends before that part begins."""


def read_range(text: str, size: int) -> Part | None:
    """None for the whole file: where none is asked for, or more than one, or something else than bytes."""
    found = _ONE.match(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start = max(0, size - int(found[2]))
        if start == size:
            raise OutOfRange
        return Part(start, size - start)
    start, end = int(found[1]), int(found[2] or size - 1)
    if found[2] and end < start:
        return None
    if start >= size:
        raise OutOfRange
    return Part(start, min(end, size - 1) - start + 1)
