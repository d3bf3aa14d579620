"""The agenda before the hall begins: parts with their minutes, their order; one that was removed can come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from townhall.model import AgendaItem, Hall
from townhall.queries import halls
from townhall.rules.lifecycle import HallState
from townhall.rules.writing import MOST_ITEMS
from townhall.service.scheduling import ChangedMeanwhile, noted, owned

STATES = frozenset({HallState.DRAFT, HallState.SCHEDULED})


@dataclass(frozen=True)
class Item:
    """``at``: its place from 0, the last one where that is None."""

    title: str
    minutes: int
    at: int | None = None


def add(db: Session, hall_id: int, item: Item, *, by: int, now: datetime) -> AgendaItem:
    """A new part; also how one that was removed comes back to its place."""
    hall = owned(db, hall_id, by, STATES)
    rows = list(halls.agenda(db, hall.id))
    if len(rows) >= MOST_ITEMS:
        words = _("An agenda has {most} parts at most.").format(most=MOST_ITEMS)
        raise Invalid([FieldError("title", words)])
    row = AgendaItem(hall_id=hall.id, position=len(rows), title=item.title, minutes=item.minutes)
    rows.insert(len(rows) if item.at is None else item.at, row)
    db.add(row)
    _ordered(rows)
    noted(db, hall, "agenda", by=by, now=now, added=item.title)
    return row


def rewrite(db: Session, hall_id: int, item_id: int, item: Item, *, revision: int, by: int, now: datetime) -> None:
    """Another title or length; :class:`ChangedMeanwhile` where ``revision`` is not what stands."""
    hall = owned(db, hall_id, by, STATES)
    row = _item(db, hall, item_id)
    if hall.revision != revision:
        raise ChangedMeanwhile(hall=hall_id)
    row.title, row.minutes = item.title, item.minutes
    noted(db, hall, "agenda", by=by, now=now, item=item_id)


def shift(db: Session, hall_id: int, item_id: int, by_places: int, *, by: int, now: datetime) -> None:
    """Up (-1) or down (+1); at an end it stays where it is."""
    hall = owned(db, hall_id, by, STATES)
    row, rows = _item(db, hall, item_id), list(halls.agenda(db, hall.id))
    was = rows.index(row)
    to = min(max(was + by_places, 0), len(rows) - 1)
    if to == was:
        return
    rows.insert(to, rows.pop(was))
    _ordered(rows)
    noted(db, hall, "agenda", by=by, now=now, item=item_id)


def remove(db: Session, hall_id: int, item_id: int, *, by: int, now: datetime) -> Item:
    """Answers what brings it back."""
    hall = owned(db, hall_id, by, STATES)
    row, rows = _item(db, hall, item_id), list(halls.agenda(db, hall.id))
    gone = Item(row.title, row.minutes, rows.index(row))
    rows.remove(row)
    db.delete(row)
    _ordered(rows)
    noted(db, hall, "agenda", by=by, now=now, removed=row.title)
    return gone


def _item(db: Session, hall: Hall, item_id: int) -> AgendaItem:
    row = db.get(AgendaItem, item_id)
    if row is None or row.hall_id != hall.id:
        raise NotFound
    return row


def _ordered(rows: list[AgendaItem]) -> None:
    for position, row in enumerate(rows):
        row.position = position
