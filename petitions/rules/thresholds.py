"""Numbers of signatures that bring a promise."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Threshold(StrEnum):
    MODERATION = "moderation"
    RESPONSE = "response"
    DEBATE = "debate"


#: so far may a count fall before what it reached is undone; nobody's coming and going sets a clock twice
UNDO_PERCENT = 1


class Marks(Protocol):
    """The thresholds as they were when the petition was published."""

    @property
    def sponsors_needed(self) -> int: ...
    @property
    def response_threshold(self) -> int: ...
    @property
    def debate_threshold(self) -> int: ...


def crossed(before: int, after: int, marks: Marks, *, published: bool) -> list[Threshold]:
    """The thresholds a count passed on its way from ``before`` to ``after``, lowest first.

    The creator counts, so a petition goes to the moderators at one more than the sponsors it needs.
    """
    if not published:
        mark = marks.sponsors_needed + 1
        return [Threshold.MODERATION] if before < mark <= after else []
    levels = {Threshold.RESPONSE: marks.response_threshold, Threshold.DEBATE: marks.debate_threshold}
    return [name for name, mark in levels.items() if before < mark <= after]


def fallen(count: int, marks: Marks) -> list[Threshold]:
    """The public thresholds that ``count`` is clearly below: by more than 1 % of each, rounded down.

    10,000 is lost at 9,899 and 10 at 9.
    """
    levels = {Threshold.RESPONSE: marks.response_threshold, Threshold.DEBATE: marks.debate_threshold}
    return [name for name, mark in levels.items() if count < mark - mark * UNDO_PERCENT // 100]


def sponsors_to_go(count: int, needed: int) -> int:
    """Supporters still missing when ``count`` signatures (creator included) are validated."""
    return max(0, needed + 1 - count)


def sponsors_left(count: int, needed: int) -> int | None:
    """How many supporters still stand (creator excluded) where fewer do than had to sign; None where enough do.

    Who leaves takes nobody else's petition out of the queue: a moderator judges the text, and sees this beside it.
    """
    left = max(0, count - 1)
    return left if left < needed else None
