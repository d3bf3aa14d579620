"""What a room contributes so that it can be followed, and what it tells those who follow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef


class Tag(NamedTuple):
    """What a happening is found by: a kind of :class:`Followable` and one of its keys."""

    kind: str
    key: str


class Titled(NamedTuple):
    """What is followed, or a subject, in words and with its page's path."""

    title: str
    href: str


@dataclass(frozen=True)
class Told:
    """A public fact as an event brings it: never a person's name, never an address.

    It bears its subject's own tag, those that the subject's room gives (``Site.subject_tags``), and ``tags``.
    ``subject.kind`` is one of ``Site.followable``: its title and page are read there when the letter is made.
    """

    #: what its line is found by (``Site.happening_lines``), such as ``petitions.published``
    code: str
    subject: SubjectRef
    at: datetime
    tags: Sequence[Tag] = ()
    #: what the line needs, as JSON can say it
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: where the line leads, if not to the subject's own page
    href: str = ""


class Happened(NamedTuple):
    """A happening as its line is given it."""

    code: str
    subject: SubjectRef
    at: datetime
    facts: Mapping[str, Any]


#: one event as a happening; None where nobody has to hear of it
Teller = Callable[[Session, Any], Told | None]
#: one sentence in the reader's language, made when the letter leaves; None where the fact stands no more
Line = Callable[[Session, Happened], str | None]
#: what else a subject of one kind is found by: its topics, its department, its area
Tagger = Callable[[Session, int], Iterable[Tag]]


class Followable(Protocol):
    """One kind of thing that can be followed. Subclass it and give :meth:`titled`."""

    #: its title holds words of whoever follows it: no letter carries them to an address that is not proven yet
    is_typed: bool = False
    #: keys are found by :meth:`matches` when a digest is due, not by tags that happenings were born with
    is_searched: bool = False

    def titled(self, db: Session, key: str) -> Titled | None:
        """None where there is no such thing, or nobody may read it (any more)."""
        ...

    def normal(self, db: Session, key: str) -> str | None:
        """The one spelling of a key that a form was given; None where it cannot be followed."""
        return key if self.titled(db, key) is not None else None

    def matches(self, db: Session, key: str, since: datetime, until: datetime) -> Collection[SubjectRef]:
        """Subjects that came under a search after ``since``, up to ``until``."""
        return ()
