"""One search: what has the words; or words that begin so; or words that were meant; or at least some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core import ready
from app.core.remember import Remembered
from app.departments.model import Department
from app.search.contribution import Searchable
from app.search.model import FoundText
from app.search.queries import matching
from app.search.queries.matching import MOST, NOTHING, Matched, Narrowed, Page
from app.search.queries.shares import Shares
from app.search.queries.shown import Result, results
from app.search.queries.spelling import corrections
from app.search.rules.marking import has_passages
from app.search.rules.query import Query
from app.search.rules.tokens import of_department, of_readers

A_PAGE = 20
#: further pages than the finds that are gone through fill are not there
MOST_PAGES = MOST // A_PAGE
#: so few finds may be for want of an ending, or of the right spelling
FEW = 3
#: texts that are looked through word for word for what stands in quotation marks
MOST_READ = 400
SECONDS = 5.0
#: nothing that is found lies outside
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2069, 12, 31)


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for. ``as_typed``: no other words than those. ``readers``: acts of staff, see
    :class:`app.search.contribution.Document`; ``department_id`` is of nobody where its name is unknown."""

    query: Query
    kind: str = ""
    department_id: int | None = None
    first: date | None = None
    last: date | None = None
    page: int = 1
    as_typed: bool = False
    readers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """One page. ``kinds``: how many of each kind, where all of them could be counted; ``is_more``: they could not.

    ``query`` is what was found in the end: ``is_corrected`` where other words were meant, ``begun`` where the last
    one goes on, ``in_part`` where nothing has them all. ``nearer``: words that may have been meant, and find more.
    """

    query: Query
    rows: Sequence[Result] = ()
    total: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    is_more: bool = False
    begun: bool = False
    in_part: bool = False
    is_corrected: bool = False
    nearer: Query | None = None


class Choices(dict[int, tuple[str, str]]):
    """Departments by number: their short names and names."""

    @classmethod
    def of(cls, db: Session) -> Choices:
        rows = db.execute(select(Department.id, Department.slug, Department.name).order_by(Department.name))
        return cls({i: (slug, name) for i, slug, name in rows})

    def named(self, slug: str) -> int | None:
        return next((i for i, (known, _) in self.items() if known == slug), None)


class Finder:
    """One deployment's; shared by all requests of a process."""

    def __init__(self, searchable: Mapping[str, Searchable], zone: ZoneInfo) -> None:
        if len({one.code for one in searchable.values()}) < len(searchable):
            raise ValueError(f"two kinds have one code: { ({kind: one.code for kind, one in searchable.items()}) }")
        self.searchable, self.zone = searchable, zone
        self._choices: Remembered[Choices] = Remembered(SECONDS)
        self._shares = Shares(matching.PUBLIC)

    def choices(self, db: Session) -> Choices:
        """Departments to narrow by, some seconds old."""
        return self._choices.get(lambda: Choices.of(db))

    def find(self, db: Session, wanted: Wanted, now: datetime) -> Found:
        """One page of what somebody looks for; nothing where that says nothing, or where there is no such kind."""
        if not wanted.query.says_something or (wanted.kind and wanted.kind not in self.searchable):
            return Found(wanted.query)
        found, matched = self._matched(db, wanted)
        rows = results(db, self.searchable, matched.ids, wanted.readers, now)
        kinds = {kind: n for kind, one in self.searchable.items() if (n := matched.kinds.get(one.code, 0))}
        total = kinds.get(wanted.kind, 0) if wanted.kind else matched.total
        return replace(found, rows=rows, total=min(total, MOST), kinds=kinds, is_more=matched.is_more)

    def _matched(self, db: Session, wanted: Wanted) -> tuple[Found, Matched]:
        """The forgiving: each step is taken only where the ones before it found next to nothing."""
        found, matched = Found(wanted.query), self._ask(db, wanted)
        if matched.total < FEW and not wanted.query.passages:
            longer = self._ask(db, wanted, begun=True)
            if longer.total > matched.total:
                found, matched = replace(found, begun=True), longer
        if matched.total < FEW and not wanted.as_typed:
            found, matched = self._meant(db, wanted, found, matched)
        if not matched.total and len(wanted.query.stems) > 1 and not wanted.query.passages:
            some = matching.having_most(self._index(db), found.query, self._narrowed(wanted))
            matched = self._page_of(wanted, some)
            found = replace(found, in_part=bool(matched.total), is_corrected=found.is_corrected and bool(some))
        return found, matched

    def _meant(self, db: Session, wanted: Wanted, found: Found, matched: Matched) -> tuple[Found, Matched]:
        """With other words in the place of misspelt ones, where these find more."""
        instead = corrections(db, wanted.query.words)
        if not instead:
            return found, matched
        query = wanted.query.corrected(instead)
        other = self._ask(db, replace(wanted, query=query))
        if matched.total:
            return replace(found, nearer=query if other.total > matched.total else None), matched
        if other.total or len(query.stems) > 1:
            return Found(query, is_corrected=True), other
        return found, matched

    def _ask(self, db: Session, wanted: Wanted, *, begun: bool = False) -> Matched:
        if wanted.page > MOST_PAGES:
            return NOTHING
        query, narrowed = wanted.query, self._narrowed(wanted)
        if query.passages:
            return self._with_passages(db, wanted, narrowed)
        return matching.match(self._index(db), query, narrowed, self._page(wanted), wanted.kind, begun=begun)

    def _with_passages(self, db: Session, wanted: Wanted, narrowed: Narrowed) -> Matched:
        """Those of the likeliest that have every passage word for word."""
        query = wanted.query
        likeliest = Page(0, MOST_READ, self._page(wanted).kind)
        likely = matching.match(self._index(db), query, narrowed, likeliest, wanted.kind)
        if not likely.ids:
            return NOTHING
        rows = db.execute(_texts(db), {"ids": ready.as_one(db, likely.ids)}).all()
        having = {row[0] for row in rows if has_passages(query, f"{row[1]}\n{row[2]}")}
        return self._page_of(wanted, [i for i in likely.ids if i in having])

    def _index(self, db: Session) -> matching.Index:
        return matching.Index(db, self._shares)

    def _page_of(self, wanted: Wanted, ids: Sequence[int]) -> Matched:
        return matching.ranked(ids, self._page(wanted))

    def _page(self, wanted: Wanted) -> Page:
        code = self.searchable[wanted.kind].code if wanted.kind else 0
        return Page((wanted.page - 1) * A_PAGE, A_PAGE, code)

    def _narrowed(self, wanted: Wanted) -> Narrowed:
        marks: list[Sequence[str]] = []
        if wanted.department_id is not None:
            marks.append([of_department(wanted.department_id)])
        return Narrowed(
            marks=marks,
            readers=sorted(map(of_readers, wanted.readers)),
            since=self._begins(wanted.first) if wanted.first else None,
            until=self._begins(wanted.last + timedelta(days=1)) if wanted.last else None,
        )

    def _begins(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def _texts(db: Session) -> Select[*tuple[Any, ...]]:
    text = FoundText.__table__.c
    return select(text.document_id, text.title, text.body).where(ready.among(db, text.document_id))
