"""How a postcode finds its area: by itself, else by the longest of its beginnings that a table has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.people.detail import BadDetail
from app.core.people.places import read_postcode

MOST_KEY, LEAST_KEY = 10, 2
_BRITISH_BEGINNING = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?(?: [0-9])?\Z")
_ELSEWHERE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,8}[A-Z0-9])?\Z")


def read_key(text: str, home_country: str) -> str | None:
    """A postcode or the beginning of some, as it is kept; None for anything else.

    British ones are whole (``N1 1TY``), a sector (``N1 1``) or a district (``N1``): ``N1`` is no beginning of ``N10``.
    """
    try:
        return read_postcode(text, home_country, home_country)
    except BadDetail:
        key = " ".join(text.upper().split())
    pattern = _BRITISH_BEGINNING if home_country == "GB" else _ELSEWHERE
    return key if len(key) <= MOST_KEY and pattern.match(key) else None


def keys_of(postcode: str, home_country: str) -> Sequence[str]:
    """What it is looked up by, the longest first; ``postcode`` as :func:`read_postcode` gives it."""
    if not postcode:
        return ()
    if home_country == "GB":
        district, _space, rest = postcode.partition(" ")
        return (postcode, f"{district} {rest[:1]}", district)
    beginnings = (postcode[:length].rstrip(" -") for length in range(len(postcode), LEAST_KEY - 1, -1))
    return tuple(dict.fromkeys(key for key in beginnings if len(key) >= LEAST_KEY))
