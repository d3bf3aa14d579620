"""What a room contributes so that its content can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from app.accounts.model import Account
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
    #: where its author finds it, and can change it while that is possible; empty where there is no such page
    own_href: str = ""
    #: whether its page is there yet
    appears: bool = True


@dataclass(frozen=True)
class Settlement:
    """A decision with what the room needs beside it."""

    decision: Decision
    extras: Mapping[str, str] = field(default_factory=dict)
    #: letters about it leave no sooner, so that a bulk decision can be undone; None: at once
    letters_due: datetime | None = None
    #: letters about it are queued under this number, by which they are called off
    batch: int | None = None
    #: its reason is one of which nobody is told, such as spam
    silent: bool = False
    #: the digest of the text that was judged
    digest: bytes = b""


class Lead(NamedTuple):
    """A department to choose."""

    slug: str
    name: str


class Moderated(Protocol):
    """How one kind of content is shown and settled.

    The service locks the subject, checks who may decide what, stores the decision and the log line and
    then calls one of these; what they raise undoes all of it. Letters to authors are written by the
    service through :meth:`author`, unless the room says that it ``writes_letters`` of its own.
    """

    @property
    def name(self) -> str: ...
    @property
    def needs_department(self) -> bool: ...
    @property
    def offers_survivor(self) -> bool: ...
    @property
    def can_return(self) -> bool:
        """Whether a text can go back to its author to be changed (verdict ``return``)."""

    @property
    def writes_letters(self) -> bool:
        """Whether the room itself tells the author what :meth:`settle`, :meth:`take_down`, :meth:`restore` did."""

    def lead(self, db: Session, subject_id: int) -> str:
        """The short name of the department that leads now; empty where there is none."""

    def change_lead(self, db: Session, subject_id: int, slug: str, *, by: int, now: datetime) -> None:
        """Name another lead department; what it has not answered yet goes with it."""

    def leads(self, db: Session) -> Sequence[Lead]:
        """The departments a moderator may name as lead; none where the kind needs none."""

    def show(self, db: Session, subject_id: int) -> Shown:
        """As it stands; raises NotFound. ``can_take_down`` says that the public reads it, and so may report it."""

    def lock(self, db: Session, subject_id: int) -> None:
        """Lock the subject's row; it comes before the case in the lock order."""

    def is_author(self, db: Session, subject_id: int, account: Account) -> bool:
        """Whether the text is this account's own: nobody judges that."""

    def author(self, db: Session, subject_id: int) -> tuple[str, int] | None:
        """Whom letters about it go to: a kind of ``site.recipients`` and a row; None once that is forgotten."""

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Carry the verdict on a waiting text out: publish, return, reject or hide; for a text that is public
        already, and only looked at again, ``publish`` changes nothing. Raises a refusal where its state forbids it."""

    def unsettle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Take back what :meth:`settle` or :meth:`take_down` did some minutes ago: it is as it was, and waits again."""

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Reject or hide what was published, or is hidden for the moment; raises a refusal where it is neither."""

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Have what was rejected or hidden judged again; raises a refusal where it is neither."""

    def overturn(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """An appeal was right: what was returned, rejected or hidden is published."""

    def hide_provisionally(self, db: Session, subject_id: int, now: datetime) -> bool:
        """Hide what is public until a moderator has looked; False where reports alone never hide this kind."""

    def show_again(self, db: Session, subject_id: int, *, by: int, now: datetime) -> None:
        """End what :meth:`hide_provisionally` began; nothing to do where it is not so hidden."""

    def evidence(self, db: Session, subject_id: int) -> Mapping[str, str]:
        """The text and what belongs to it, to be sealed before it is removed as illegal."""

    def remove(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Illegal: a placeholder stays, and its words are wiped from the room, old versions too.

        Its author is written to by the service, whatever ``writes_letters`` says.
        """
