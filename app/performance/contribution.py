"""What rooms bring: measures of how they do, the question that people are asked after an act, and data sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.performance.rules.periods import Span

KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Unit(StrEnum):
    """What a measure's figures are."""

    #: so many of so many
    SHARE = "share"
    #: seconds: the middle one of all, and the one that nine in ten did not pass
    TIME = "time"


class Share(NamedTuple):
    """``part`` of ``whole``."""

    part: int
    whole: int


class Times(NamedTuple):
    """Whole seconds, by nearest rank, of ``measured`` things."""

    measured: int
    median: int
    ninetieth: int


#: nothing happened in the span: a whole or a count of 0
Reader = Callable[[Session, Span], Share | Times]


@dataclass(frozen=True)
class Journey:
    """The steps that people go, in their order: code and words. ``key`` is what they are counted by."""

    key: str
    steps: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Measure:
    """One figure of the page. Words are for everyone: what is counted, and where the numbers come from.

    ``read`` is asked for single days where it is a share, and for months and the last ninety days otherwise.
    ``names``: what the part and the whole are called, or the things that took their time.
    """

    key: str
    room: str
    title: str
    definition: str
    source: str
    unit: Unit
    read: Reader
    names: tuple[str, ...]
    #: days until the figure of a day changes no more: a letter's link may be opened that late
    settles: int = 1
    journey: Journey | None = None
    #: stands in the line on top of the page
    leads: bool = False

    def __post_init__(self) -> None:
        """ValueError where its key cannot stand in an address."""
        if not KEY.fullmatch(self.key):
            raise ValueError(f"a measure cannot be called {self.key!r}")


@dataclass(frozen=True)
class Asking:
    """Where people are asked how it was: after signing, after responding. ``key`` as a measure's."""

    key: str
    room: str
    title: str
    definition: str


class Column(NamedTuple):
    """A column of a published table; ``datatype`` as CSV on the Web names it."""

    name: str
    datatype: str
    about: str


@dataclass(frozen=True)
class Dataset:
    """A published table, for a catalogue of open data."""

    key: str
    title: str
    about: str
    path: str
    columns: Sequence[Column] = field(default_factory=tuple)
    #: page keys that change with it
    fresh_by: Sequence[str] = ("performance",)
