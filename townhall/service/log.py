"""Writing to a hall's log: numbers in the transaction of the change itself, its head locked last."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from app.core.batches import insert_many
from app.core.freshness import hint, touch
from townhall.model import Event, LogHead

_EVENT: Table = Event.__table__  # type: ignore[assignment]
#: the channel on which PostgreSQL tells the other processes which hall to look at
CHANNEL = "townsquare_halls"
#: ends a hint of which nothing but figures has changed
COUNTS = "c"


@dataclass(frozen=True)
class Happening:
    """An event before it has its numbers. ``facts``: ids and numbers, never text, never who asked."""

    kind: str
    thing_id: int | None = None
    public: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    by_id: int | None = None


def new_epoch() -> str:
    return secrets.token_hex(4)


def begin(db: Session, hall_id: int) -> None:
    """The head of a new hall's log."""
    db.add(LogHead(hall_id=hall_id, epoch=new_epoch(), public_seq=0, staff_seq=0))
    db.flush()


def append(db: Session, hall_id: int, happenings: Sequence[Happening], now: datetime) -> tuple[int, int]:
    """Number and store them; answers the newest public and staff numbers. The last thing before COMMIT."""
    if not happenings:
        return (0, 0)
    public = sum(h.public for h in happenings)
    moved = (
        update(LogHead)
        .where(LogHead.hall_id == hall_id)
        .values(public_seq=LogHead.public_seq + public, staff_seq=LogHead.staff_seq + len(happenings))
        .returning(LogHead.public_seq, LogHead.staff_seq)
    )
    top_public, top_staff = db.execute(moved.execution_options(synchronize_session=False)).one()
    rows, at = [], top_public - public
    for number, one in enumerate(happenings, top_staff - len(happenings) + 1):
        at += one.public
        rows.append(
            {
                "hall_id": hall_id,
                "staff_seq": number,
                "public_seq": at if one.public else None,
                "kind": one.kind,
                "thing_id": one.thing_id,
                "facts": dict(one.facts),
                "at": now,
                "by_id": one.by_id,
            }
        )
    insert_many(db, _EVENT, rows)
    tell(db, [hall_id])
    return top_public, top_staff


_GATHERED = "townhall.gathered"


@contextmanager
def gathering(db: Session, hall_id: int, happenings: list[Happening]) -> Iterator[None]:
    """Inside, :func:`note` adds to this command's happenings, which are numbered together at its end."""
    db.info[_GATHERED] = (hall_id, happenings)
    try:
        yield
    finally:
        del db.info[_GATHERED]


def note(db: Session, hall_id: int, happening: Happening, now: datetime) -> None:
    """Log it once, whichever way its cause came: with the command that is carried out, or at once.

    A moderator who decides at their own desk is not in a command of the hall. The hall is held alone then, so that
    its head can be locked before whatever else that decision writes.
    """
    hall, gathered = db.info.get(_GATHERED, (None, None))
    if hall == hall_id:
        gathered.append(happening)
        return
    if happening.public:
        touch(db, page_key(hall_id))
    append(db, hall_id, [happening], now)


def page_key(hall_id: int) -> str:
    """What the hall's public pages are cached under."""
    return f"townhall:{hall_id}"


def live_key(hall_id: int) -> str:
    """What a commit that concerns whoever follows this hall touches; see :func:`app.core.freshness.hint`."""
    return f"townhall-live:{hall_id}"


def counts_key(hall_id: int) -> str:
    """The same where nothing has happened but that figures are others: they wait for the next frame."""
    return f"townhall-counts:{hall_id}"


def tell(db: Session, halls: Sequence[int], *, counts: bool = False) -> None:
    """After this commit every process looks at these halls: this one at once, the others by a hint that may be lost.

    ``counts``: figures alone have changed.
    """
    key = counts_key if counts else live_key
    hint(db, *(key(hall) for hall in halls))
    if db.get_bind().dialect.name == "postgresql":
        for hall in halls:
            db.execute(select(func.pg_notify(CHANNEL, f"{hall}{COUNTS if counts else ''}")))
