"""How many places of a hall are free."""

from __future__ import annotations

from typing import Protocol


class Counted(Protocol):
    capacity: int | None
    taken: int
    waiting: int


def places_left(hall: Counted) -> int | None:
    """None: as many may come as want to. While anybody waits, none is free."""
    if hall.capacity is None:
        return None
    return 0 if hall.waiting else max(0, hall.capacity - hall.taken)
