"""What people told departments, found by the search across rooms: for the search of a desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.subject import SubjectRef
from app.outcomes.contribution import ShowReferred, Told
from app.outcomes.subjects import shown
from app.search.queries.finding import Finder, Wanted
from app.search.queries.shown import Result
from app.search.rules.marking import Marker
from app.search.rules.query import Query, read_query

#: kinds of what people say, and whether that to other departments is of interest, too
KINDS = {"petition": True, "consultation": True, "townhall": True, "question": True, "comment": False}
#: what is for the officers of one department
DESK = "outcomes.desk@{}"


class HeardByIndex:
    """One kind of it."""

    def __init__(
        self, finder: Finder, kind: str, clock: Clock, referred: Mapping[str, ShowReferred], *, of_others: bool
    ) -> None:
        self.finder, self.kind, self.clock, self.referred, self.of_others = finder, kind, clock, referred, of_others

    def __call__(self, db: Session, department_id: int, words: str, most: int) -> Sequence[Told]:
        """A department's own first, then those of others, each the likeliest first."""
        if self.kind not in self.finder.searchable:
            return ()
        own = Wanted(
            read_query(words),
            kind=self.kind,
            department_id=department_id,
            readers=frozenset({DESK.format(department_id)}),
        )
        rows, query = self._rows(db, own)
        if self.of_others and len(rows) < most:
            others, query = self._rows(db, replace(own, department_id=None))
            known = {row.ref for row in rows}
            rows = [*rows, *(row for row in others if row.ref not in known)]
        return self._told(db, rows[:most], Marker(query))

    def _told(self, db: Session, rows: Sequence[Result], marker: Marker) -> Sequence[Told]:
        """How many people ask for it is told of what may be on a desk itself, not of what is said beneath it."""
        asking = shown(self.referred, db, {_subject(row) for row in rows if row.kind != "comment"})
        of_row = [asking.get(_subject(row)) if row.kind != "comment" else None for row in rows]
        return [_told(row, marker, of.people if of else 0) for row, of in zip(rows, of_row, strict=True)]

    def _rows(self, db: Session, wanted: Wanted) -> tuple[Sequence[Result], Query]:
        found = self.finder.find(db, wanted, self.clock.now())
        return (found.rows, found.query) if not found.in_part else ((), found.query)


def _told(row: Result, marker: Marker, people: int) -> Told:
    return Told(
        kind=row.kind,
        title=row.title,
        href=row.href if row.is_public else "",
        excerpt="".join(piece.text for piece in marker.excerpt(row.body)),
        at=row.at,
        people=people,
        subject=_subject(row),
        is_public=row.is_public,
    )


def _subject(row: Result) -> SubjectRef:
    """What may stand on the desk: itself, or for a comment what it is about."""
    kind, _colon, number = (row.owner if row.kind == "comment" and row.owner else row.ref).rpartition(":")
    return SubjectRef(kind, int(number))
