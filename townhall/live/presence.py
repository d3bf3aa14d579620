"""Who is here and how they react: counted in this process, told to the others in one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.model import Presence

#: seconds after which a row says nothing of who is here
STALE = 6
CAPTION = "caption.part"


class Others(NamedTuple):
    """What the other processes' rows say together. ``reactions``: of all rows, also of processes that have ended."""

    here: int
    reactions: Counter[str]
    caption: str


NONE = Others(0, Counter(), "")


def told(db: Session, hall_id: int, process: str, now: datetime) -> Others:
    here, reactions, caption = 0, Counter[str](), ""
    for row in db.scalars(select(Presence).where(Presence.hall_id == hall_id, Presence.process != process)):
        words = dict(row.reactions)
        spoken = words.pop(CAPTION, "")
        reactions.update(words)
        if now - row.at < timedelta(seconds=STALE):
            here += row.here
            caption = spoken or caption
    return Others(here, reactions, caption)


def own(db: Session, hall_id: int, process: str) -> tuple[Counter[str], int]:
    """What this process has counted before, where the hall was open here already: reactions, and how many at most."""
    row = db.get(Presence, (hall_id, process))
    if row is None:
        return Counter(), 0
    return Counter({kind: n for kind, n in row.reactions.items() if kind != CAPTION}), row.most


def tell(
    db: Session, hall_id: int, process: str, here: int, words: Mapping[str, Any], most: int, now: datetime
) -> None:
    row = db.get(Presence, (hall_id, process))
    if row is None:
        row = Presence(hall_id=hall_id, process=process)
        db.add(row)
    row.here, row.reactions, row.most, row.at = here, dict(words), most, now


def leave(db: Session, hall_id: int, process: str, words: Mapping[str, Any], most: int, now: datetime) -> None:
    """Nobody is here through this process any more. What it counted stays: the archive tells how many came."""
    if most or words or db.get(Presence, (hall_id, process)) is not None:
        tell(db, hall_id, process, 0, words, most, now)
