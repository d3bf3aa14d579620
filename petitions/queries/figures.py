"""Figures of the list that need not be of this very second: worked out once for all who ask meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core.remember import Remembered
from app.departments import queries as departments
from petitions.queries import finding
from petitions.queries.finding import Entry, Moment, Search
from petitions.queries.words import CommonWords, Holding

SECONDS = 5.0
#: who is of one state, department or topic: many, and each is asked for seldom
MEMBERS_SECONDS, MOST_KEPT = 60.0, 5_000
#: who has a common word takes long to gather, and stays true: texts wait for their supporters before anybody finds them
WORDS_SECONDS = 300.0
#: a page that begins so far behind the last petition of some seconds ago is not looked for
BEYOND = 100


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
        self._members: dict[tuple[Any, ...], Remembered[int]] = {}
        #: who has which common words
        self.common = CommonWords(WORDS_SECONDS)
        self._first: dict[tuple[Any, ...], tuple[Sequence[int], Sequence[int]]] = {}

    def forget(self) -> None:
        """Begin anew; for those who have just changed what is counted."""
        for kept in (self._counts, self._choices, self._rising, self._closing, self.common):
            kept.forget()
        self._members.clear()
        self._first.clear()

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

    def find(
        self, db: Session, search: Search, now: datetime, *, offset: int, most: int
    ) -> tuple[Sequence[Entry], int]:
        """One page, and how many petitions there are on all pages.

        The number may be some seconds old; it is never below what is shown, and exact on the last page.
        """
        at, held = self.moment(db, now), self.held(db, search)
        if offset and held.ids is None and offset >= (known := self._total(db, search, at, held)) + BEYOND:
            return (), known
        first = self._trending(db, search, at, held)
        found = finding.find(db, search, at, held, offset=offset, most=most, first=first)
        shown = len(found.rows)
        if found.total is not None:
            return found.rows, found.total
        if not first and shown < most and (shown or not offset):
            return found.rows, offset + shown
        return found.rows, max(self._total(db, search, at, held), offset + shown if shown else 0)

    def page(self, db: Session, search: Search, now: datetime, *, offset: int, most: int) -> tuple[Sequence[int], int]:
        """The same, as ids."""
        rows, total = self.find(db, search, now, offset=offset, most=most)
        return [row.id for row in rows], total

    def held(self, db: Session, search: Search) -> Holding:
        """Who has the words of a search: remembered where many have them, asked each time where few do."""
        if not search.q:
            return finding.NO_WORDS
        return finding.held_by(db, search, self.common)

    def _trending(self, db: Session, search: Search, at: Moment, held: Holding) -> Sequence[int]:
        """What trends under a filter, as long as the same petitions rise. A page looks again at what it shows."""
        if search.sort != "trending":
            return ()
        rising = self.rising(db, at.now)
        if search.q:
            return finding.trending(db, search, at, held, rising)
        key = (search.state, search.department_id, search.topic_id, at.overdue)
        of, kept = self._first.get(key, ((), ()))
        if of is not rising:
            _make_room(self._first)
            of, kept = self._first[key] = (rising, finding.trending(db, search, at, held, rising))
        return kept

    def _total(self, db: Session, search: Search, at: Moment, held: Holding) -> int:
        if not search.q and search.department_id is None and search.topic_id is None:
            return self.counts(db, at.now)[search.state]
        if held.ids is not None or held.none:
            return finding.count(db, search, at, held)
        found = self._of(
            ("state", search.state, at.overdue), lambda: finding.members(db, Search(state=search.state), at)
        )
        if (department := search.department_id) is not None:
            found &= self._of(("department", department), lambda: finding.of_department(db, department))
        if (topic := search.topic_id) is not None:
            found &= self._of(("topic", topic), lambda: finding.of_topic(db, topic))
        return (found & held.bits if held.bits else found).bit_count()

    def _of(self, key: tuple[Any, ...], ask: Callable[[], int]) -> int:
        """Who passes one condition."""
        if key not in self._members:
            _make_room(self._members)
        return self._members.setdefault(key, Remembered(MEMBERS_SECONDS)).get(ask)


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
