"""How many places are free."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from townhall.rules.places import places_left


@dataclass
class Hall:
    capacity: int | None
    taken: int
    waiting: int = 0


@pytest.mark.parametrize(
    ("hall", "left"),
    [
        (Hall(None, 400), None),
        (Hall(50, 12), 38),
        (Hall(50, 50), 0),
        (Hall(40, 50), 0),
        (Hall(50, 49, waiting=1), 0),  # somebody is about to move up
    ],
)
def test_while_anybody_waits_no_place_is_free(hall: Hall, left: int | None) -> None:
    assert places_left(hall) == left
