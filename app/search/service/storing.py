"""Documents of one kind into the index and out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.orm import Session

from app.core import ready
from app.search.contribution import Document, Searchable
from app.search.model import FoundDocument, FoundText, Stale
from app.search.rules import numbers
from app.search.rules.tokens import tokens
from app.search.service import vocabulary

PUBLIC, STAFF = "search_words_public", "search_words_staff"
#: of a text, so much can be found; nobody reads further
MOST_BODY = 20_000
#: a year counts as much as half a power of ten of people
A_YEAR = 0.5
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_D: Table = FoundDocument.__table__  # type: ignore[assignment]
_T: Table = FoundText.__table__  # type: ignore[assignment]
_SLIM = ("kind", "subject_id", "is_public", "at", "owner", "above", "turns_at")
_WIDE = ("title", "href", "state", "departments", "readers", "keys", "body")


class Entry(NamedTuple):
    """A document as the index keeps it."""

    kind: str
    subject_id: int
    is_public: bool
    at: datetime
    owner: str
    above: str
    turns_at: datetime | None
    title: str
    href: str
    state: str
    departments: str
    readers: str
    keys: str
    body: str
    #: not kept: its number begins with it
    rank: float = 0.0

    def part(self, names: Sequence[str]) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names}

    @property
    def known_by(self) -> tuple[bool, str, str]:
        """What documents that belong to it show of it, or depend on."""
        return self.is_public, self.title, self.departments


class Store:
    """One kind's."""

    def __init__(self, kind: str, searchable: Searchable) -> None:
        self.kind, self.searchable = kind, searchable

    def renew(self, db: Session, ids: Collection[int], now: datetime, *, anew: bool = False) -> list[int]:
        """What the room tells of these things now takes the place of what the index had; answers those that others
        have to hear of, because they came, went, or are called otherwise. ``anew``: also where nothing changed."""
        if not ids:
            return []
        told = _with_departments(db, [self.entry(one) for one in self.searchable.read(db, ids, now)])
        known = self._known(db, ids)
        for i in [i for i in told if i in known and not anew and _stays(*known[i], told[i])]:
            del known[i], told[i]
        self._replace(db, known, told)
        either = sorted({*told, *known})
        return [i for i in either if i not in told or i not in known or told[i].known_by != known[i][1].known_by]

    def differing(self, db: Session, ids: Collection[int], now: datetime) -> Iterator[str]:
        """Those of these that the index has otherwise than their room tells, and that are not marked."""
        told = _with_departments(db, [self.entry(one) for one in self.searchable.read(db, ids, now)])
        known = self._known(db, ids)
        for i in sorted({*told, *known}):
            new, old = told.get(i), known.get(i, (0, None))[1]
            if old is not None and old.turns_at is not None and old.turns_at <= now:
                continue  # the clock has turned it a moment ago
            if (new is None or old is None or not _is_same(new, old)) and not _is_marked(db, self.kind, i, new or old):
                yield f"{self.kind} {i}"

    def numbered(self, db: Session, after: int, most: int) -> list[int]:
        """The next things that the index knows, by their numbers."""
        wanted = select(_D.c.subject_id).where(_D.c.kind == self.kind, _D.c.subject_id > after)
        return list(db.scalars(wanted.order_by(_D.c.subject_id).limit(most)))

    def entry(self, one: Document) -> Entry:
        owner, above = [*map(str, one.under), "", ""][:2]
        return Entry(
            kind=self.kind,
            subject_id=one.id,
            is_public=one.is_public,
            at=one.at,
            owner=owner,
            above=above,
            turns_at=one.turns_at,
            title=one.title,
            href=one.href,
            state=one.state,
            departments=" ".join(map(str, dict.fromkeys(one.departments))),
            readers=" ".join(one.readers),
            keys=" ".join(one.keys),
            body=one.body[:MOST_BODY],
            rank=self._rank(one),
        )

    def _rank(self, one: Document) -> float:
        years = (one.at - _BEGINNING).days / 365.25
        return round(self.searchable.rank + one.weight + A_YEAR * years, 2)

    def _known(self, db: Session, ids: Collection[int]) -> dict[int, tuple[int, Entry]]:
        columns = [*(_D.c[name] for name in _SLIM), *(_T.c[name] for name in _WIDE)]
        joined = _D.join(_T, _T.c.document_id == _D.c.id)
        rows = select(_D.c.id, *columns).select_from(joined).where(_D.c.kind == self.kind)
        found = db.execute(rows.where(ready.among(db, _D.c.subject_id)), {"ids": ready.as_one(db, ids)})
        return {row.subject_id: (row.id, Entry(*row[1:])) for row in found}

    def _replace(self, db: Session, known: Mapping[int, tuple[int, Entry]], told: Mapping[int, Entry]) -> None:
        drop(db, [number for number, _ in known.values()])
        before = {i: number for i, (number, _) in known.items()}
        given = _free(db, {i: self._number(e, before.get(i)) for i, e in told.items()})
        if told:
            db.execute(insert(_D), [{"id": given[i], **e.part(_SLIM)} for i, e in told.items()])
            db.execute(insert(_T), [{"document_id": given[i], **e.part(_WIDE)} for i, e in told.items()])
            store_words(db, [(given[i], e.is_public, e.at, self._tokens(e)) for i, e in sorted(told.items())])
        gone, come = (e for _, e in known.values()), told.values()
        vocabulary.reckon(db, *([f"{e.title}\n{e.body}" for e in some if e.is_public] for some in (gone, come)))

    def _number(self, e: Entry, before: int | None) -> int:
        """The one it had ``before``, where that still is one of its rank."""
        if before is not None and numbers.stays(before, e.rank):
            return before
        return numbers.number(e.rank, self.searchable.code)

    def _tokens(self, e: Entry) -> list[str]:
        title = e.title if self.searchable.is_called_by_title else ""
        departments = map(int, e.departments.split())
        return tokens(title, e.body, kind=self.kind, departments=departments, readers=e.readers.split())


def _free(db: Session, drawn: dict[int, int]) -> dict[int, int]:
    """Chance may draw a number twice: it is drawn again."""
    while True:
        wanted = {"ids": ready.as_one(db, drawn.values())}
        taken = set(db.scalars(select(_D.c.id).where(ready.among(db, _D.c.id)), wanted))
        many = Counter(drawn.values())
        doubles = [i for i, number in drawn.items() if number in taken or many[number] > 1]
        if not doubles:
            return drawn
        drawn |= {i: numbers.another(drawn[i]) for i in doubles}


def _stays(number: int, old: Entry, new: Entry) -> bool:
    """Nothing of it is another, and its number is still one of its rank."""
    return _is_same(new, old) and numbers.stays(number, new.rank)


def drop(db: Session, numbers: Sequence[int]) -> None:
    """Texts and words go with their documents."""
    if numbers:
        db.execute(delete(_D).where(ready.among(db, _D.c.id)), {"ids": ready.as_one(db, numbers)})


def store_words(db: Session, rows: Iterable[tuple[int, bool, datetime, list[str]]]) -> None:
    """The tokens of new documents, by their numbers; on PostgreSQL with their days, which SQLite looks up."""
    sqlite = ready.is_sqlite(db)
    for public, words in ((True, PUBLIC), (False, STAFF)):
        given = [(number, at, told) for number, is_public, at, told in rows if is_public is public]
        if not given:
            continue
        if sqlite:
            into = text(f"INSERT INTO {words} (rowid, tokens) VALUES (:number, :tokens)")
            db.execute(into, [{"number": number, "tokens": " ".join(told)} for number, _at, told in given])
        else:
            values = "VALUES (:number, :at, array_to_tsvector(:tokens))"
            into = text(f"INSERT INTO {words} (document_id, at, tokens) {values}")
            db.execute(into, [{"number": number, "at": at, "tokens": told} for number, at, told in given])


def _with_departments(db: Session, entries: Sequence[Entry]) -> dict[int, Entry]:
    """What has no department of its own is found by those of what it belongs to."""
    refs = {ref for e in entries if not e.departments for ref in (e.owner, e.above) if ref}
    led = _departments_of(db, refs) if refs else {}
    return {
        e.subject_id: e if e.departments else e._replace(departments=led.get(e.owner) or led.get(e.above, ""))
        for e in entries
    }


def _departments_of(db: Session, refs: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    joined = select(_D.c.subject_id, _T.c.departments).join(_T, _T.c.document_id == _D.c.id)
    for kind in sorted({ref.partition(":")[0] for ref in refs}):
        ids = [int(ref.partition(":")[2]) for ref in refs if ref.startswith(f"{kind}:")]
        of_kind = joined.where(_D.c.kind == kind, ready.among(db, _D.c.subject_id))
        rows = db.execute(of_kind, {"ids": ready.as_one(db, ids)})
        found |= {f"{kind}:{i}": departments for i, departments in rows}
    return found


def _is_marked(db: Session, kind: str, number: int, entry: Entry | None) -> bool:
    """It, or what it belongs to, is to be looked at again."""
    refs = [f"{kind}:{number}", *((entry.owner, entry.above) if entry else ())]
    return db.scalar(select(Stale.id).where(Stale.ref.in_([ref for ref in refs if ref])).limit(1)) is not None


def _is_same(new: Entry, old: Entry) -> bool:
    return new._replace(rank=0.0) == old._replace(rank=0.0)
