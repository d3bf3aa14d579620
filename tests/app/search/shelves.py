"""Things to find that no room has to make: a shelf of documents, indexed as the rooms' are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.subject import SubjectRef
from app.search.contribution import Document
from app.search.model import Stale
from app.search.queries.finding import Finder, Found, Wanted
from app.search.rules.query import read_query
from app.search.service.indexing import Indexing

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@dataclass
class Shelf:
    """One kind of thing; what lies on it is public unless its document says otherwise."""

    name: str = "Things"
    one: str = "Thing"
    rank: float = 0.0
    code: int = 1
    is_called_by_title: bool = True
    states: Mapping[str, str] = field(default_factory=dict)
    owners: Collection[str] = ()
    documents: dict[int, Document] = field(default_factory=dict)
    #: what has been asked of it
    read_ids: list[int] = field(default_factory=list)

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return [i for i in sorted(self.documents) if i > after][:most]

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return [i for i, one in sorted(self.documents.items()) if owner in one.under and i > after][:most]

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        self.read_ids += ids
        return [self.documents[i] for i in ids if i in self.documents]


class Shelves:
    """Some kinds, their index, and who looks for something in it."""

    def __init__(self, database: Database, **shelves: Shelf) -> None:
        self.database, self.shelves = database, shelves or {"petition": Shelf(), "comment": Shelf(rank=-1.0, code=2)}
        self.indexing = Indexing(self.shelves)
        self.finder = Finder(self.shelves, LONDON)

    def put(self, kind: str, i: int, title: str, body: str = "", **more: object) -> Document:
        """A thing comes, or another takes its place; whoever did it has marked it."""
        one = self.lay(kind, i, title, body, **more)
        self.mark(kind, i)
        return one

    def lay(self, kind: str, i: int, title: str, body: str = "", **more: object) -> Document:
        """The same with nothing marked."""
        given = {"href": f"/{kind}s/{i}", "at": NOW, **more}
        self.shelves[kind].documents[i] = one = Document(id=i, title=title, body=body, **given)  # type: ignore[arg-type]
        return one

    def take(self, kind: str, i: int) -> None:
        """It is not to be found any more."""
        del self.shelves[kind].documents[i]
        self.mark(kind, i)

    def mark(self, kind: str, i: int) -> None:
        with self.database.writing() as db:
            db.execute(insert(Stale), [{"ref": f"{kind}:{i}", "child": "", "after": 0}])

    def fill(self) -> int:
        """The first round through everything; answers in how many steps."""
        steps = 0
        while self.database.retrying(lambda db: self.indexing.first_round(db, NOW)) is not None:
            steps += 1
        return steps

    def index(self, now: datetime = NOW) -> int:
        """Answers in how many steps."""
        steps = 0
        while self.database.retrying(lambda db: self.indexing.catch_up(db, now)):
            steps += 1
        return steps

    def find(self, typed: str, **asked: object) -> Found:
        with self.database.reading() as db:
            return self.finder.find(db, Wanted(read_query(typed), **asked), NOW)  # type: ignore[arg-type]

    def found(self, typed: str, **asked: object) -> list[str]:
        """As ``petition:1``, in their order."""
        return [row.ref for row in self.find(typed, **asked).rows]
