"""How it was: five answers to one question, counted by day and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.i18n import _

#: how long a page's question can be answered
OPEN_FOR = timedelta(days=1)
_RANDOM_BITS = 36


class Grade(StrEnum):
    VERY_SATISFIED = "very-satisfied"
    SATISFIED = "satisfied"
    NEITHER = "neither"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very-dissatisfied"


GRADE_NAMES = {
    Grade.VERY_SATISFIED: _("Very satisfied"),
    Grade.SATISFIED: _("Satisfied"),
    Grade.NEITHER: _("Neither satisfied nor dissatisfied"),
    Grade.DISSATISFIED: _("Dissatisfied"),
    Grade.VERY_DISSATISFIED: _("Very dissatisfied"),
}
CONTENT = (Grade.VERY_SATISFIED, Grade.SATISFIED)


@dataclass(frozen=True)
class Opinions:
    """How many people gave each answer."""

    people: Mapping[Grade, int]

    @property
    def size(self) -> int:
        return sum(self.people.values())

    @property
    def content(self) -> int:
        """Those who were satisfied or very satisfied."""
        return sum(self.people.get(grade, 0) for grade in CONTENT)

    def of(self, grade: Grade) -> int:
        return self.people.get(grade, 0)


def nonce_at(now: datetime, random: int) -> int:
    """A number that no two pages share, and that says when it was made, to the minute; below 2**63."""
    return (int(now.timestamp()) // 60) << _RANDOM_BITS | random & ((1 << _RANDOM_BITS) - 1)


def made_at(nonce: int) -> float:
    """When its page was made, in seconds of the epoch."""
    return (nonce >> _RANDOM_BITS) * 60.0


def is_open(nonce: int, now: datetime) -> bool:
    """Not older than a day, and not of a time to come."""
    age = now.timestamp() - made_at(nonce)
    return -60.0 < age < OPEN_FOR.total_seconds()
