"""What a room contributes so that its content can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.moderation.model import Decision


class Link(NamedTuple):
    """Where staff go on from a case."""

    href: str
    words: str


class Change(NamedTuple):
    """A part of a text as it was judged before, and as it stands now."""

    heading: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A text as its readers would see it: headed paragraphs, and facts beside them."""

    title: str
    href: str
    paragraphs: Sequence[tuple[str, str]]  # (heading, text as typed)
    facts: Sequence[tuple[str, str]] = ()
    digest: bytes = b""
    #: in words, such as "Open"
    standing: str = ""
    #: what its author changed after an earlier decision
    changes: Sequence[Change] = ()
    links: Sequence[Link] = ()
    can_take_down: bool = False
    can_restore: bool = False


@dataclass(frozen=True)
class Settlement:
    """A decision with what the room needs beside it."""

    decision: Decision
    extras: Mapping[str, str] = field(default_factory=dict)


class Lead(NamedTuple):
    """A department to choose."""

    slug: str
    name: str


class Moderated(Protocol):
    """How one kind of content is shown and settled."""

    @property
    def name(self) -> str: ...
    @property
    def needs_department(self) -> bool: ...
    @property
    def offers_survivor(self) -> bool: ...

    def lead(self, db: Session, subject_id: int) -> str:
        """The short name of the department that leads now; empty where there is none."""

    def change_lead(self, db: Session, subject_id: int, slug: str, *, by: int, now: datetime) -> None:
        """Name another lead department; what it has not answered yet goes with it."""

    def leads(self, db: Session) -> Sequence[Lead]:
        """The departments a moderator may name as lead; none where the kind needs none."""

    def show(self, db: Session, subject_id: int) -> Shown: ...

    def lock(self, db: Session, subject_id: int) -> None:
        """Lock the subject's row; it comes before the case in the lock order."""

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Carry the verdict out; raises a refusal where the subject's state forbids it."""

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Reject or hide what was published; raises a refusal where it is not public."""

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Have what was rejected or hidden judged again; raises a refusal where it is neither."""
