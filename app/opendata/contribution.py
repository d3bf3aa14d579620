"""What a room contributes: tables that anyone may have, and small pages that other sites may embed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

Value = str | int | bool | Decimal | datetime | date | None
Row = Sequence[Value]


class Kind(StrEnum):
    """What a column holds, by its name in XML Schema and in CSV on the Web."""

    TEXT = "string"
    NUMBER = "integer"
    DECIMAL = "decimal"
    YES_NO = "boolean"
    DAY = "date"
    INSTANT = "dateTime"
    LINK = "anyURI"


class Frequency(StrEnum):
    """How often a dataset changes: the last part of the EU's names for it."""

    CONTINUOUS = "UPDATE_CONT"
    DAILY = "DAILY"
    IRREGULAR = "IRREG"


@dataclass(frozen=True)
class Column:
    """``about``: what it means, in one sentence. ``unit``: of a number, such as ``signatures``."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    #: never empty
    required: bool = False


class At(NamedTuple):
    """For whom rows are read: the instant, the deployment's zone, the beginning of every link."""

    now: datetime
    zone: ZoneInfo
    base_url: str


class Some(NamedTuple):
    """The next rows, and where those after them begin; None where there are no more."""

    rows: Sequence[Row]
    cursor: Any


#: the rows behind a cursor, about so many; each call has a session of its own, so nothing is held in between
Reader = Callable[[Session, At, Any, int], Some]


@dataclass(frozen=True)
class Dataset:
    """One table. It holds what pages show already, and nothing about a person who took part.

    ``key`` names its files and addresses for good. ``rows`` begins with the cursor None. ``keyed_by`` are the columns
    that tell its rows apart, ``page`` is the path of the page where people read the same.
    """

    key: str
    title: str
    about: str
    columns: Sequence[Column]
    keyed_by: Sequence[str]
    rows: Reader
    page: str
    keywords: Sequence[str] = ()
    frequency: Frequency = Frequency.CONTINUOUS
    #: the day of its first row, where there is one
    since: Callable[[Session, At], date | None] | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or not set(self.keyed_by) <= set(names) or not self.keyed_by:
            raise ValueError(f"the dataset {self.key} names a column twice, or is keyed by one that it has not")


@dataclass(frozen=True)
class Bar:
    """How far something has come: ``value`` of ``most``."""

    value: int
    most: int
    words: str


@dataclass(frozen=True)
class Widget:
    """What a site that embeds it shows of one thing. Nothing in it is about its reader or about a person.

    ``page`` is a path of this site; ``keys`` and ``good_until`` are those of a cached page.
    """

    title: str
    page: str
    action: str
    #: a number and what it counts; or words in its place
    figure: str
    figure_words: str
    lines: Sequence[str]
    keys: Sequence[str]
    bar: Bar | None = None
    good_until: datetime | None = None


class Embeddable(Protocol):
    """One kind of thing that other sites may show."""

    def __call__(self, db: Session, number: int, at: At) -> Widget | None:
        """None where there is no such thing, or its text is not public; raises Gone where it was taken down."""
        ...


class Feed(NamedTuple):
    """Something to subscribe to. ``kind``: what it is for people, such as ``Atom``."""

    title: str
    href: str
    kind: str
