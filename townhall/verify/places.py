"""What ``townsquare verify`` checks of places, waiting lists and who took part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.site import Invariant
from townhall.model import Hall, Participant, Person, Ticket
from townhall.rules.lifecycle import Entry, Place


def places_are_exact(db: Session, now: datetime) -> Iterable[str]:
    """Places taken = people registered, waiting = people on the list; nobody waits while a place is free."""
    mine = Participant.hall_id == Hall.id
    taken = select(func.count()).where(mine, Participant.place == Place.REGISTERED).scalar_subquery()
    waiting = select(func.count()).where(mine, Participant.place == Place.WAITING).scalar_subquery()
    wrong = select(Hall.id, Hall.taken, taken, Hall.waiting, waiting).where(
        (Hall.taken != taken) | (Hall.waiting != waiting)
    )
    for row, shown, counted, shown_waiting, counted_waiting in db.execute(wrong):
        yield f"hall {row} says {shown} registered and {shown_waiting} waiting, has {counted} and {counted_waiting}"
    free = (Hall.entry == Entry.OPEN) | Hall.capacity.is_(None) | (Hall.taken < Hall.capacity)
    idle = select(Hall.id).where(Hall.waiting > 0, free)
    for row in db.scalars(idle):
        yield f"hall {row} has a free place while somebody waits"


def waiting_is_in_order(db: Session, now: datetime) -> Iterable[str]:
    """Whoever waits has a number of their own, and nobody else has one."""
    numbered = select(Participant.id).where(
        (Participant.place == Place.WAITING) != Participant.waiting_number.is_not(None)
    )
    for row in db.scalars(numbered.limit(5)):
        yield f"participant {row} has a number and does not wait, or waits without one"
    twice = (
        select(Participant.hall_id, Participant.waiting_number)
        .where(Participant.waiting_number.is_not(None))
        .group_by(Participant.hall_id, Participant.waiting_number)
        .having(func.count() > 1)
    )
    for hall, number in db.execute(twice.limit(5)):
        yield f"hall {hall} gave number {number} of its waiting list twice"


def one_row_an_address(db: Session, now: datetime) -> Iterable[str]:
    """An address takes part in a hall once."""
    twice = (
        select(Participant.hall_id)
        .where(Participant.address_key.is_not(None))
        .group_by(Participant.hall_id, Participant.address_key)
        .having(func.count() > 1)
    )
    for hall in db.scalars(twice.limit(5)):
        yield f"hall {hall} has an address twice"


def nobody_is_known_after_erasing(db: Session, now: datetime) -> Iterable[str]:
    """Once a hall's salt is gone, no words, no browsers and no accounts of who took part are left."""
    erased = select(Hall.id).where(Hall.erased_at.is_not(None))
    people = select(Participant.id).where(Participant.hall_id.in_(erased))
    for table, what in ((Person, "words"), (Ticket, "a browser")):
        for row in db.scalars(select(table.participant_id).where(table.participant_id.in_(people)).limit(5)):
            yield f"participant {row} was forgotten and still has {what}"
    for row in db.scalars(people.where(Participant.account_id.is_not(None)).limit(5)):
        yield f"participant {row} was forgotten and still has an account"
    for row in db.scalars(erased.where(Hall.salt.is_not(None)).limit(5)):
        yield f"hall {row} forgot its people and still has its salt"


INVARIANTS: list[Invariant] = [
    Invariant("Places and waiting lists of town halls are exact", places_are_exact),
    Invariant("Waiting lists of town halls are in order", waiting_is_in_order),
    Invariant("An address takes part in a town hall once", one_row_an_address),
    Invariant("Nobody is known of town halls that forgot who took part", nobody_is_known_after_erasing),
]
