"""What a room contributes so that its subjects can be discussed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from app.comments.model import Thread
from app.comments.queries.threads import ShownThread
from app.comments.rules.lifecycle import Mode
from app.comments.rules.threads import DiscussionUnknown
from app.core.subject import SubjectRef


class About(NamedTuple):
    """A subject as its discussion shows it."""

    title: str
    #: its own page, and the page of its discussion
    href: str
    discussion: str
    #: whether it takes comments at this instant
    is_open: bool
    #: whether everyone may read it
    is_public: bool
    #: what changes by itself, and so may not be shown any longer than until then
    closes_at: datetime | None = None
    #: when comments are checked, where no moderator chose; None: there is no discussion unless one opens it
    mode: Mode | None = None
    #: the way from the home page, outermost first: (href, text)
    crumbs: Sequence[tuple[str, str]] = ()
    #: which part of the site's navigation it belongs to
    nav: str = ""
    #: of a text that has versions: the newest one, which comments may quote, and its number; None where it was removed
    text: str | None = None
    version: int = 0
    #: what else the pages of its discussion depend on
    keys: Sequence[str] = ()


class Discussed(Protocol):
    """How one kind of subject is discussed."""

    @property
    def asks_stance(self) -> bool:
        """Whether everyone who speaks says if they are for it or against it."""

    def about(self, db: Session, subject_id: int, now: datetime) -> About | None:
        """None where there is no such subject."""


@runtime_checkable
class Quotable(Protocol):
    """A kind of subject whose text has versions, and can be quoted from any of them."""

    def text_of(self, db: Session, subject_id: int, version: int) -> str | None:
        """None where that version does not have it."""


def text_of(
    db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, known: About, version: int
) -> str | None:
    """What may be quoted of one version of a subject's text."""
    if version == known.version:
        return known.text
    kind = discussed[subject.kind]
    return kind.text_of(db, subject.id, version) if isinstance(kind, Quotable) else None


def about(db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, now: datetime) -> About:
    """The subject of a discussion; raises :class:`DiscussionUnknown` also where nobody may read it."""
    kind = discussed.get(subject.kind)
    found = kind.about(db, subject.id, now) if kind else None
    if found is None or not found.is_public:
        raise DiscussionUnknown
    return found


def takes_comments(thread: Thread | ShownThread | None, known: About) -> bool:
    """Whether anyone may speak, answer, change or vote now. By the clock a subject is over at once; what its thread
    records of that is for the record. Only a moderator closes a thread whose subject is open."""
    if thread is None:
        return known.is_open and known.mode is not None
    return known.is_open and thread.closed_because != "moderator"
