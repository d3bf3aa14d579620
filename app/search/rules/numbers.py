"""Numbers of documents: their rank, chance, and their kind.

Those with the highest numbers stand first, so hundreds of finds are put in order, and counted by kind, without
looking at one of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

#: rank is told in hundredths, from so low on
STEPS, LOWEST = 100, 100.0
#: bits of chance, which keep two documents of one rank apart, and of the kind
CHANCE, KIND = 33, 5
#: a rank that moved by so much at most keeps its number: another one costs all its words
KEPT = 10
_STEP = CHANCE + KIND
#: the bits of the kind
KINDS = (1 << KIND) - 1


def number(rank: float, code: int) -> int:
    """A number for a document of this rank and kind; raises :class:`ValueError` for a kind that has no place."""
    if not 0 < code <= KINDS:
        raise ValueError(f"{code} is no number of a kind: 1 to {KINDS}")
    return another(_step(rank) << _STEP | code)


def another(taken: int) -> int:
    """Another one of the same rank and kind."""
    return taken >> _STEP << _STEP | secrets.randbits(CHANCE) << KIND | taken & KINDS


def stays(taken: int, rank: float) -> bool:
    """Whether a document of this rank may keep its number."""
    return abs((taken >> _STEP) - _step(rank)) <= KEPT


def code_of(taken: int) -> int:
    """The kind's."""
    return taken & KINDS


def in_order(plain: Iterable[int], raised: Iterable[int], by: float) -> list[int]:
    """All of these once, the highest rank first; those that are ``raised`` stand as if theirs were higher ``by`` so
    much."""
    up, above = round(by * STEPS) << _STEP, set(raised)
    return sorted(above.union(plain), key=lambda taken: taken + up if taken in above else taken, reverse=True)


def _step(rank: float) -> int:
    return max(0, round((rank + LOWEST) * STEPS))
