"""What a room tells about a subject that was referred, about the people who asked, and what the desk may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class Referred:
    """A subject as a department's desk and the outcomes show it."""

    title: str
    href: str
    people: int
    paragraphs: Sequence[tuple[str, str]] = ()
    #: what its department must know of it, such as that it was taken down
    note: str = ""
    #: whether the public may read its title at the moment
    public: bool = True


#: kind of content -> how departments and the outcomes see one of it; None where it is gone
ShowReferred = Callable[[Session, int], Referred | None]


class PublicSubjects(Protocol):
    """What of one kind of subject the public may read, for lists of many. Kinds without it are on no public list."""

    #: what people call them, in the plural
    name: str

    def readable(self, subject_id: ColumnElement[int]) -> ColumnElement[bool]:
        """A query's condition: the text of the subject with this number is public at the moment."""
        ...

    def shown(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        """Title, page and people of those that are public, without their texts."""
        ...


class Askers(Protocol):
    """Who asked for what was answered: they may say once whether the answer addresses it."""

    def asker(self, db: Session, subject_id: int, token: str) -> int | None:
        """The room's row of the person whose letter held this token; None where they asked no such thing."""
        ...


@dataclass(frozen=True)
class Told:
    """Something people told a department, as its search shows it. ``excerpt`` is plain text.

    ``subject``: the matter it belongs to, which may be on the department's desk.
    """

    kind: str
    title: str
    href: str
    excerpt: str
    at: datetime
    people: int = 0
    subject: SubjectRef | None = None
    #: whether everyone may read it; else the department alone, and moderators
    is_public: bool = True


class Heard(Protocol):
    """A search over what people told: a department's own matters first.

    What the public may not read at the moment is found only where the department has to do with it.
    """

    def __call__(self, db: Session, department_id: int, words: str, most: int) -> Sequence[Told]: ...


@dataclass(frozen=True)
class Telling:
    """News of one thing (``about``): its letters, and what became of them."""

    about: int
    at: datetime
    leaves_at: datetime
    #: letters are still being put into the outbox
    preparing: bool
    queued: int
    sent: int
    waiting: int
    undeliverable: int
    #: their reader signs no more, or wants no news any more
    dropped: int
    cancelled: int
    called_off_at: datetime | None

    @property
    def may_be_called_off(self) -> bool:
        return self.called_off_at is None and (self.preparing or self.waiting > 0)

    @property
    def has_left(self) -> bool:
        return self.sent > 0


class NewsOfAnswers(Protocol):
    """How a room tells people of an answer to what they signed. Writers hold the subject's lock."""

    def audience(self, db: Session, subject_id: int) -> int:
        """How many people asked for news."""
        ...

    def leaves_at(self, now: datetime) -> datetime:
        """When letters asked for now begin to leave."""
        ...

    def tellings(self, db: Session, subject_id: int, answers: Collection[int]) -> Sequence[Telling]:
        """Who was told of these answers, the newest news first."""
        ...

    def preview(self, db: Session, subject_id: int, summary: str, department: str) -> tuple[str, Mapping[str, Any]]:
        """The letter's template, and what an answer with this summary would put into it."""
        ...

    def tell(self, db: Session, subject_id: int, answer_id: int, *, by: int, now: datetime) -> None:
        """Send news of this answer; it takes the place of what has not left yet."""
        ...

    def call_off(self, db: Session, subject_id: int, now: datetime) -> int:
        """Withdraw what has not left; answers how many letters."""
        ...
