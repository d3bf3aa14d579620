"""What the rooms hold about one person: shown to that person, handed over as data, acted on, erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.core.people.addresses import Address


@dataclass(frozen=True)
class Person:
    """Whose things are asked for: an account, a mailbox that was proven to be theirs, or both."""

    account_id: int | None
    address: Address | None


class HeldAct(NamedTuple):
    """Something the person can do with one row; ``warning`` is asked before it is done."""

    name: str
    words: str
    warning: str = ""


class HeldRow(NamedTuple):
    """One thing: a signature, a comment. ``standing`` is its state in words; ``href`` empty where nobody may read it."""

    id: int
    title: str
    href: str
    at: datetime
    standing: str
    facts: Sequence[str] = ()
    acts: Sequence[HeldAct] = ()


class Section(NamedTuple):
    """Everything of one kind, the newest first. ``more`` says how many are not listed here."""

    kind: str
    title: str
    empty: str
    rows: Sequence[HeldRow] = ()
    more: int = 0
    #: the page where its owner can do more with them: (href, words)
    page: tuple[str, str] | None = None


class Holding(Protocol):
    """One room's part. Each call answers for what belongs to the person, and for nothing else."""

    def sections(self, db: Session, person: Person, now: datetime) -> Sequence[Section]:
        """What a page lists; at most a few hundred rows each."""

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        """Do what a row offered, and say so in one sentence. ``NotFound`` where it is not this person's."""

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        """Everything, as JSON can say it: instants as text, names of fields in plain English."""

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """Forget the person. What stays becomes anonymous, and no total changes."""


class LetterChoice(NamedTuple):
    """A kind of letter that members may do without. What is not chosen away, they get."""

    kind: str
    title: str
    about: str = ""


def wants(letters: Mapping[str, Any] | None, kind: str) -> bool:
    """Whether an account's choices leave this kind of letter in."""
    return bool((letters or {}).get(kind, True))
