"""Places and the waiting list, exact in every committed state. Everything here holds the hall's row alone.

While anybody waits, no place is free: whoever frees one, or raises the capacity, promotes in the same transaction.
Lowering the capacity takes nobody's place away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from townhall.events import PlacesChanged
from townhall.model import Hall, Participant
from townhall.rules.lifecycle import Place
from townhall.rules.registering import places_left
from townhall.service import locking, log, posting
from townhall.service.log import Happening


def locked_person(db: Session, hall: Hall, participant_id: int) -> Participant | None:
    """One of this hall's participants, held until the transaction ends; the hall is held already."""
    wanted = select(Participant).where(Participant.id == participant_id, Participant.hall_id == hall.id)
    return db.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).one_or_none()


def give_place(db: Session, hall: Hall, person: Participant, now: datetime) -> None:
    """A place where one is free, else the end of the waiting list."""
    if person.place in (Place.REGISTERED, Place.WAITING):
        return
    if places_left(hall) != 0:
        _register(hall, person)
    else:
        hall.places_numbered += 1
        hall.waiting += 1
        person.place, person.waiting_number = Place.WAITING, hall.places_numbered
    person.confirmed_at, person.ended_at = now, None
    db.flush()
    _shown_anew(db, hall)


def take_place(db: Session, hall: Hall, person: Participant, now: datetime) -> None:
    """They come no more; whoever waited longest has a letter because of it."""
    before = person.place
    person.place, person.waiting_number, person.ended_at = Place.CANCELLED, None, now
    if before == Place.REGISTERED:
        hall.taken -= 1
    elif before == Place.WAITING:
        hall.waiting -= 1
    db.flush()
    if before == Place.REGISTERED:
        promote(db, hall, now)


def promote(db: Session, hall: Hall, now: datetime) -> int:
    """Give every free place to whoever has waited longest, and tell them; answers how many. After each change of the
    capacity, too."""
    promoted = [(person, person.waiting_number) for person in _next(db, hall, _free(hall))]
    for person, _number in promoted:
        hall.waiting -= 1
        person.waiting_number = None
        _register(hall, person)
    db.flush()
    posting.tell_promoted(db, promoted, now)
    _shown_anew(db, hall)
    for person, _number in promoted:  # their open pages learn of it
        log.note(db, hall.id, Happening("place.given", person.id, public=False), now)
    return len(promoted)


def note_changed(db: Session, event: PlacesChanged) -> None:
    """The capacity is another one: whoever has a place keeps it, whoever waits may have one now."""
    db.flush()
    hall = locking.locked(db, event.hall_id)
    promote(db, hall, event.at)


def _free(hall: Hall) -> int:
    """For how many of those who wait there is a place."""
    left = places_left(hall)
    return hall.waiting if left is None else min(left, hall.waiting)


def _next(db: Session, hall: Hall, most: int) -> Sequence[Participant]:
    if most == 0:
        return []
    waiting = select(Participant).where(Participant.hall_id == hall.id, Participant.place == Place.WAITING)
    first = waiting.order_by(Participant.waiting_number).limit(most)
    return db.scalars(first.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _register(hall: Hall, person: Participant) -> None:
    person.place = Place.REGISTERED
    hall.taken += 1


def _shown_anew(db: Session, hall: Hall) -> None:
    """Its page says how many places are left."""
    if hall.capacity is not None:
        touch(db, f"townhall:{hall.id}")
