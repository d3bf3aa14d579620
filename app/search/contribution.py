"""What a room contributes so that what it holds can be found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef

#: a document belongs to at most so many things that it is hidden with
MOST_OWNERS = 2


@dataclass(frozen=True)
class Document:
    """One thing as the search finds and shows it. Texts are plain; nothing in them is HTML.

    ``at`` is the day that readers narrow by. ``weight`` is added to its place: 1 for each power of ten of people, as
    a rule. ``turns_at``: when the clock alone makes another document of it.
    """

    id: int
    title: str
    href: str
    at: datetime
    body: str = ""
    #: the ones that lead it or help with it, the first one shown
    departments: Sequence[int] = ()
    #: a code of its kind's, such as ``open``
    state: str = ""
    weight: float = 0.0
    #: empty where everyone may read it; else acts: staff who may do one of them find it. ``act@7``: of department 7
    readers: Sequence[str] = ()
    #: what it belongs to, the nearest first: it is looked at again whenever one of them changes
    under: Sequence[SubjectRef] = ()
    #: what its public page depends on, beside itself
    keys: Sequence[str] = ()
    turns_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        return not self.readers


class Searchable(Protocol):
    """How one kind of thing is read for the search. What changes it is marked by triggers of the database.

    ``read`` answers what may be found at this instant, by whomever, and nothing of what may not: it is asked when a
    document goes into the index, and again before one is shown that has changed since.
    """

    @property
    def code(self) -> int:
        """Its own number below 32, the same for ever: numbers of documents end with it (:mod:`app.search.rules.numbers`)."""
        ...

    @property
    def name(self) -> str:
        """What people call them, in the plural."""
        ...

    @property
    def one(self) -> str:
        """What people call one of them."""
        ...

    @property
    def is_called_by_title(self) -> bool:
        """Whether its title is its own, and not that of what it belongs to: by a title of others it is not found."""
        ...

    @property
    def rank(self) -> float:
        """How far before other kinds it stands, all else being equal."""
        ...

    @property
    def states(self) -> Mapping[str, str]:
        """Codes of states, and what people call them."""
        ...

    @property
    def owners(self) -> Collection[str]:
        """Kinds of what it may belong to, and be hidden with."""
        ...

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        """Numbers of everything there is, found or not, in their order from the one after ``after`` on."""
        ...

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        """The same of what belongs to ``owner``."""
        ...

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        """Documents of those among these that somebody may find."""
        ...
