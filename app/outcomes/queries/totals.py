"""How many outcomes there are under a filter, and what readers can filter by; some seconds old at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core import freshness
from app.core.remember import Kept
from app.departments import queries as departments
from app.outcomes.queries import public
from app.outcomes.queries.public import STATES, Moment, Subjects, Wanted

SECONDS = 10.0
MOST_KEPT = 2_000
#: a page that begins so far behind the last one of some seconds ago is not looked for
BEYOND = 100


class Choices(NamedTuple):
    """What readers can filter by: short names and names."""

    departments: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]


class Totals:
    """One deployment's; shared by all requests of a process."""

    def __init__(self, subjects: Subjects, seconds: float = SECONDS) -> None:
        self.subjects, self.seconds = subjects, seconds
        self._totals: dict[Wanted, Kept[int]] = {}

    def choices(self, db: Session) -> Choices:
        named = tuple((d.slug, d.name) for d in departments.all_of_them(db))
        return Choices(named, tuple((kind, str(s.name)) for kind, s in sorted(self.subjects.items())))

    def counts(self, db: Session, wanted: Wanted, at: Moment) -> Mapping[str, int]:
        """How many each state's list has under the other filters."""
        stamp = self._stamp(db, at)
        return {state: self._total(db, wanted._replace(state=state), at, stamp) for state in STATES}

    def find(self, db: Session, wanted: Wanted, at: Moment, *, offset: int, most: int) -> tuple[Sequence[Any], int]:
        """One page of rows, and how many there are on all pages: never fewer than are shown, exact on the last."""
        if offset and offset >= (known := self._total(db, wanted, at, self._stamp(db, at))) + BEYOND:
            return (), known
        find = public.promises if wanted.of_promises else public.referrals
        rows = find(db, self.subjects, wanted, at, offset=offset, most=most)
        if len(rows) < most and (rows or not offset):
            return rows, offset + len(rows)
        return rows, max(self._total(db, wanted, at, self._stamp(db, at)), offset + len(rows) if rows else 0)

    def _total(self, db: Session, wanted: Wanted, at: Moment, stamp: object) -> int:
        if len(self._totals) >= MOST_KEPT:
            self._totals.clear()
        kept = self._totals.setdefault(wanted, Kept(self.seconds))
        return kept.get(stamp, lambda: public.count(db, self.subjects, wanted, at))

    def _stamp(self, db: Session, at: Moment) -> object:
        found = freshness.versions(db, ("outcomes", freshness.SITE))
        return (at.today, found.get("outcomes", 0), found.get(freshness.SITE, 0))
