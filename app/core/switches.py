"""What an administrator has switched for the whole site, known to every process within a second.

The rows are the truth; :class:`Switches` is what a process remembers of them, because the edge asks
at every form and must not wait for the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, Instant
from app.core.errors import Unavailable
from app.core.i18n import _

RETRY_AFTER = 300


class Switch(StrEnum):
    READ_ONLY = "read-only"
    COMMENTS = "comments-stopped"
    SIGN_UP = "sign-up-stopped"


class SwitchRow(Base):
    """A switch as it was last changed: ``since`` says from when it is on, null that it is off."""

    __tablename__ = "core_switch"
    __table_args__ = (CheckConstraint("name IN ('read-only', 'comments-stopped', 'sign-up-stopped')", name="name"),)

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime | None] = mapped_column(Instant)
    #: said to the public with the notice, in the administrator's words
    message: Mapped[str] = mapped_column(Text, default="")
    #: for the record
    reason: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)


class SwitchedOff(Unavailable):
    """Somebody sends what an administrator has stopped for a while; ``words`` are theirs to the public."""

    def __init__(self, words: str = "") -> None:
        super().__init__(retry_after=RETRY_AFTER, words=f"{words} " if words else "")


class ReadOnly(SwitchedOff):
    code = "read-only"
    title = _("You can only read at the moment")
    message = _("{words}Nothing was stored. Everything that is public can still be read.")


class CommentsStopped(SwitchedOff):
    code = "comments-stopped"
    title = _("Comments are stopped at the moment")
    message = _("{words}Nothing was stored. What others have written can still be read.")


class SignUpStopped(SwitchedOff):
    code = "sign-up-stopped"
    title = _("You cannot make an account at the moment")
    message = _("{words}Nothing was stored. Whoever has an account can still sign in.")


REFUSALS: Mapping[Switch, type[SwitchedOff]] = {
    Switch.READ_ONLY: ReadOnly,
    Switch.COMMENTS: CommentsStopped,
    Switch.SIGN_UP: SignUpStopped,
}


class Standing(NamedTuple):
    """A switch that is on."""

    since: datetime
    message: str


class Switches:
    """What one process remembers. Reading it costs nothing; see :class:`app.core.watch.Watch` for who renews it."""

    def __init__(self) -> None:
        self._on: Mapping[str, Standing] = {}

    def is_on(self, switch: Switch) -> bool:
        return switch in self._on

    def refusal(self, switch: Switch) -> SwitchedOff | None:
        """What to answer while it is on, else None."""
        standing = self._on.get(switch)
        return REFUSALS[switch](standing.message) if standing else None

    def note(self, on: Mapping[str, Standing]) -> None:
        """Remember this from now on."""
        self._on = dict(on)

    def note_one(self, switch: Switch, standing: Standing | None) -> None:
        """One of them was switched by this process."""
        others = {name: s for name, s in self._on.items() if name != switch}
        self._on = others | ({str(switch): standing} if standing else {})


def standing(db: Session) -> dict[str, Standing]:
    """Those that are on, by name."""
    rows = db.execute(select(SwitchRow.name, SwitchRow.since, SwitchRow.message).where(SwitchRow.since.is_not(None)))
    return {name: Standing(since, message) for name, since, message in rows if since is not None}


def rows(db: Session) -> Mapping[str, SwitchRow]:
    """Each that was ever used, as it was last changed."""
    found: Sequence[SwitchRow] = db.scalars(select(SwitchRow)).all()
    return {row.name: row for row in found}
