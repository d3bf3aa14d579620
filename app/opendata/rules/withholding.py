"""Small numbers of people are withheld, together with another one: what a total less the others tells is no secret."""

from __future__ import annotations

from collections.abc import Sequence

LEAST = 5


def shown(counts: Sequence[int], least: int = LEAST) -> list[int | None]:
    """The same counts, None for those that are withheld.

    Each from 1 to ``least`` - 1 is; then the smallest of the others too, until at least two are withheld that
    together make ``least`` people or more. Where there are no others, all are withheld.
    """
    hidden = {at for at, count in enumerate(counts) if 0 < count < least}
    if not hidden:
        return list(counts)
    others = sorted((count, at) for at, count in enumerate(counts) if count >= least)
    while others and (len(hidden) < 2 or sum(counts[at] for at in hidden) < least):
        hidden.add(others.pop(0)[1])
    return [None if at in hidden else count for at, count in enumerate(counts)]
