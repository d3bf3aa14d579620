"""A text as a handful of numbers: near-copies have most of them in common, other texts hardly any.

Each trigram of the folded text is hashed once; the least hash of each of 32 ranges stands for the text,
and four neighbours together are a band. Two texts of which nine in ten trigrams are the same share a
band almost surely; of two in ten, one pair in seventy does, and :func:`likeness` tells those apart.
"""

from __future__ import annotations

import zlib

from app.core.text.plain import fold

_RANGES, _A_BAND = 32, 4
_EMPTY = 2**32
LEAST_LENGTH = 20  # shorter texts are alike by nature: "Yes please"


def trigrams(text: str) -> frozenset[str]:
    """Every run of three characters of the folded text, its ends padded."""
    padded = f"  {fold(text)} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def bands(text: str) -> list[tuple[int, int]]:
    """(number, value) of each band; none for a text too short to tell."""
    if len(fold(text)) < LEAST_LENGTH:
        return []
    least = [_EMPTY] * _RANGES
    for gram in trigrams(text):
        hashed = zlib.crc32(gram.encode())
        place = hashed % _RANGES
        least[place] = min(least[place], hashed)
    _fill(least)
    return [(n, _joined(least[n * _A_BAND : (n + 1) * _A_BAND])) for n in range(_RANGES // _A_BAND)]


def likeness(one: str, other: str) -> float:
    """0 to 1: the share of trigrams that two texts have in common."""
    ours, theirs = trigrams(one), trigrams(other)
    return len(ours & theirs) / len(ours | theirs)


def _fill(least: list[int]) -> None:
    """A range without a trigram takes its left neighbour's, so that short texts can be compared too."""
    for at in range(2 * len(least)):
        place = at % len(least)
        if least[place] == _EMPTY:
            least[place] = least[place - 1]


def _joined(some: list[int]) -> int:
    return zlib.crc32(b"".join(n.to_bytes(5, "big") for n in some))
