"""A map's classes: which figures share a colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_CLASSES = 5


@dataclass(frozen=True, slots=True)
class Class:
    """From ``least`` to ``most``, both among the figures that it holds."""

    least: float
    most: float


def classes(figures: Sequence[float], most: int = MOST_CLASSES) -> Sequence[Class]:
    """About equally many areas in each, from the lowest figures up; equal figures are never parted."""
    ordered = sorted(figures)
    if not ordered:
        return ()
    starts = sorted({ordered[len(ordered) * part // most] for part in range(most)} | {ordered[0]})
    bounds = [ordered.index(start) for start in starts] + [len(ordered)]
    return [Class(ordered[first], ordered[after - 1]) for first, after in pairwise(bounds)]


def per_thousand(count: int, population: int | None) -> float | None:
    """Signatures per thousand people, to one place, or to two below one; None where it is not known how many live there."""
    if not population:
        return None
    exact = count * 1000 / population
    return round(exact, 2 if exact < 1 else 1)
