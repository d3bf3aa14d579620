"""Figures of the list that need not be of this very second: worked out once for all who ask meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.core.remember import Remembered
from app.departments import queries as departments
from petitions.queries import finding
from petitions.queries.finding import Moment, Search

SECONDS = 5.0
#: totals of one department or topic are many, and each is asked for seldom
TOTAL_SECONDS, MOST_TOTALS = 60.0, 5_000


class Choices(NamedTuple):
    """What readers can filter by: slugs and names."""

    departments: tuple[tuple[str, str], ...]
    topics: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, db: Session) -> Choices:
        return cls(tuple((d.slug, d.name) for d in departments.active(db)), finding.topics(db))


class _Closing(NamedTuple):
    """What the clock does to the lists."""

    overdue: bool
    next: datetime | None

    @classmethod
    def of(cls, db: Session, now: datetime) -> _Closing:
        return cls(finding.moment(db, now).overdue, finding.next_closing(db, now))


class ListFigures:
    """One deployment's; shared by all requests of a process."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._counts: Remembered[Mapping[str, int]] = Remembered(seconds)
        self._choices: Remembered[Choices] = Remembered(seconds)
        self._rising: Remembered[Sequence[int]] = Remembered(seconds)
        self._closing: Remembered[_Closing] = Remembered(seconds)
        self._totals: dict[Search, Remembered[int]] = {}

    def forget(self) -> None:
        """Begin anew; for those who have just changed what is counted."""
        for kept in (self._counts, self._choices, self._rising, self._closing):
            kept.forget()
        self._totals.clear()

    def moment(self, db: Session, now: datetime) -> Moment:
        """This instant; whether any petition is overdue is asked again once the next one closes."""
        kept = self._closing.get(lambda: _Closing.of(db, now))
        if kept.next is not None and kept.next <= now:
            self._closing.forget()
            kept = self._closing.get(lambda: _Closing.of(db, now))
        return Moment(now, kept.overdue)

    def next_closing(self, db: Session, now: datetime) -> datetime | None:
        """When a list changes by itself."""
        self.moment(db, now)
        return self._closing.get(lambda: _Closing.of(db, now)).next

    def counts(self, db: Session, now: datetime) -> Mapping[str, int]:
        """How many petitions each state's list shows."""
        return self._counts.get(lambda: finding.counts_by_state(db, finding.moment(db, now)))

    def choices(self, db: Session) -> Choices:
        return self._choices.get(lambda: Choices.of(db))

    def rising(self, db: Session, now: datetime) -> Sequence[int]:
        """Ids of what gained most in the last hour."""
        return self._rising.get(lambda: finding.rising_now(db, now))

    def page(self, db: Session, search: Search, now: datetime, *, offset: int, most: int) -> tuple[Sequence[int], int]:
        """The ids of one page, and how many petitions there are on all pages.

        The number may be some seconds old; it is never below what is shown, and exact on the last page.
        """
        rising = self.rising(db, now) if search.sort == "trending" else ()
        found = finding.find(db, search, self.moment(db, now), offset=offset, most=most, rising=rising)
        shown = len(found.ids)
        if found.total is not None:
            return found.ids, found.total
        if shown < most and (shown or not offset):
            return found.ids, offset + shown
        return found.ids, max(self._total(db, search, now), offset + shown if shown else 0)

    def _total(self, db: Session, search: Search, now: datetime) -> int:
        if search.q:
            return finding.count(db, search, self.moment(db, now))
        if search.department_id is None and search.topic_id is None:
            return self.counts(db, now)[search.state]
        key = Search(state=search.state, department_id=search.department_id, topic_id=search.topic_id)
        if key not in self._totals and len(self._totals) >= MOST_TOTALS:
            self._totals.clear()
        kept = self._totals.setdefault(key, Remembered(TOTAL_SECONDS))
        return kept.get(lambda: finding.count(db, search, self.moment(db, now)))
