"""Thresholds are crossed on the way up, once, lowest first; the creator counts among the supporters."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from petitions.rules.thresholds import Threshold, crossed, sponsors_to_go

MODERATION, RESPONSE, DEBATE = Threshold.MODERATION, Threshold.RESPONSE, Threshold.DEBATE


@dataclass(frozen=True)
class Marks:
    sponsors_needed: int = 5
    response_threshold: int = 10_000
    debate_threshold: int = 100_000


@pytest.mark.parametrize(
    ("before", "after", "reached"),
    [
        (9_998, 9_999, []),
        (9_999, 10_000, [RESPONSE]),
        (10_000, 10_001, []),
        (9_900, 10_156, [RESPONSE]),
        (99_999, 100_000, [DEBATE]),
        (9_999, 100_000, [RESPONSE, DEBATE]),
        (10_000, 10_000, []),
        (10_001, 9_999, []),
    ],
)
def test_an_open_petition_reaches_its_thresholds(before: int, after: int, reached: list[Threshold]):
    assert crossed(before, after, Marks(), published=True) == reached


@pytest.mark.parametrize(
    ("before", "after", "reached"),
    [(0, 1, []), (4, 5, []), (5, 6, [MODERATION]), (6, 7, []), (0, 21, [MODERATION]), (0, 10_000, [MODERATION])],
)
def test_a_gathering_petition_goes_to_the_moderators_with_its_fifth_supporter(
    before: int, after: int, reached: list[Threshold]
):
    assert crossed(before, after, Marks(), published=False) == reached


@pytest.mark.parametrize(("count", "missing"), [(1, 5), (2, 4), (5, 1), (6, 0), (21, 0)])
def test_the_creator_is_told_how_many_supporters_are_missing(count: int, missing: int):
    assert sponsors_to_go(count, 5) == missing
