"""Registering for a hall by a mailed link: asking, confirming, cancelling, saying that it was somebody else.

What a form is answered is the same whether an address is new, waits or is registered; only the letter differs, and
only the mailbox's owner reads it. Whoever registers holds the hall's row alone, whoever asks shares it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, exists, select
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.mail import service as mail
from townhall import identity
from townhall.model import Hall, Participant, Person, Question, Ticket
from townhall.policy import TownHallPolicy
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Entry, Place
from townhall.rules.news import PARTICIPANT
from townhall.rules.registering import (
    RegistrationCancelled,
    RegistrationClosed,
    RegistrationLinkExpired,
    RegistrationLinkUnknown,
    link_is_over,
    refusal_to_register,
)
from townhall.service import joining, locking, places, posting

_PARTICIPANT: Table = Participant.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class Wish:
    """What a form asks for, checked."""

    name: str
    address: Address
    notify: bool
    privacy: str
    language: str


@dataclass(frozen=True)
class Asked:
    """The row that a request is about. ``began_at``: when this browser's request made it; None where it was there."""

    participant_id: int
    began_at: datetime | None
    asked_at: datetime


def ask(
    db: Session,
    keys: Keys,
    policy: TownHallPolicy,
    hall_id: int,
    wish: Wish,
    now: datetime,
    *,
    again: Asked | None = None,
) -> Asked:
    """A letter with a link. ``again``: what the same browser asked just before; with another address that one lapses.

    Raises why nobody registers here.
    """
    # two rows may change then, in an order that nobody else keeps
    hall = locking.shared(db, hall_id) if again is None else locking.locked(db, hall_id)
    if (refusal := refusal_to_register(hall)) is not None:
        raise refusal
    if hall.salt is None:
        raise RegistrationClosed(hall=hall.id)
    key = identity.address_key(keys, hall.salt, wish.address.canonical)
    person, is_new = _wanted(db, hall, key, now)
    is_same = again is not None and again.participant_id == person.id
    if person.place in (Place.PENDING, Place.CANCELLED):
        _note_wish(db, keys, person, wish, now)
    posting.ask(db, keys, person, wish.address, policy.letters_a_place, now)
    if again is not None and not is_same:
        _lapse(db, hall, again, now)
    began = now if is_new else again.began_at if again is not None and is_same else None
    return Asked(person.id, began, now)


def confirm(
    db: Session,
    keys: Keys,
    policy: TownHallPolicy,
    participant_id: int,
    ticket: bytes,
    now: datetime,
    *,
    name: str = "",
) -> Participant:
    """The address is theirs: they get a place, or a number on the waiting list, and this browser is theirs.

    Again, or on another device, it only gives the ticket. ``name`` takes the place of the one that the form had.
    """
    hall, person = locked(db, participant_id)
    if (refusal := refusal_to_confirm(hall, person, policy, now)) is not None:
        raise refusal
    if person.place == Place.PENDING:
        _take_name(db, keys, person, name)
        places.give_place(db, hall, person, now)
        posting.tell_place(db, person, now)
    person.letters = 0  # whoever reads the mailbox asked for them
    joining.give_ticket(db, person, ticket, now)
    db.flush()
    return person


def refusal_to_confirm(
    hall: Hall, person: Participant, policy: TownHallPolicy, now: datetime
) -> RegistrationCancelled | RegistrationLinkExpired | RegistrationClosed | None:
    """Why this link does nothing; None where it registers, or joins."""
    if person.place == Place.CANCELLED:
        return RegistrationCancelled(hall=hall.id)
    if person.place != Place.PENDING:
        return None
    if refusal_to_register(hall) is not None:
        return RegistrationClosed(hall=hall.id)
    if link_is_over(person.place, person.asked_at, policy.confirm_days, now):
        return RegistrationLinkExpired(hall=hall.id)
    return None


def cancel(db: Session, participant_id: int, now: datetime) -> Hall:
    """They come no more; again, it changes nothing. Who asked a question is still told of the answer."""
    hall, person = locked(db, participant_id)
    if person.place not in (Place.REGISTERED, Place.WAITING, Place.PENDING) or hall.state not in OPEN_TO_PEOPLE:
        return hall
    _end(db, hall, person, now)
    if not db.scalar(select(exists().where(Question.participant_id == person.id))):
        _forget_words(db, person)
    if hall.entry == Entry.OPEN and person.banned_at is None:  # where nobody needs a place, they go on without one
        db.execute(delete(Ticket).where(Ticket.participant_id == person.id))
    return hall


def disown(db: Session, participant_id: int, now: datetime) -> Hall:
    """Whoever owns the address did not register: no place, no words, no browser."""
    hall, person = locked(db, participant_id)
    if person.place in (Place.REGISTERED, Place.WAITING, Place.PENDING):
        _end(db, hall, person, now)
    _forget_words(db, person)
    db.execute(delete(Ticket).where(Ticket.participant_id == person.id))
    return hall


def locked(db: Session, participant_id: int) -> tuple[Hall, Participant]:
    """A participant with an address, and their hall, held alone in this order; raises RegistrationLinkUnknown."""
    place = db.scalar(select(Participant.hall_id).where(Participant.id == participant_id))
    if place is None:
        raise RegistrationLinkUnknown
    hall = locking.locked(db, place)
    person = places.locked_person(db, hall, participant_id)
    if person is None or person.place == Place.BROWSER:
        raise RegistrationLinkUnknown
    return hall, person


def _wanted(db: Session, hall: Hall, key: bytes, now: datetime) -> tuple[Participant, bool]:
    """The row of this address, held, and whether it is new. Two requests at once find one row."""
    new = {
        "id": new_id(),
        "hall_id": hall.id,
        "place": str(Place.PENDING),
        "address_key": key,
        "name": "",
        "notify": True,
        "language": "",
        "privacy": "",
        "letters": 0,
        "created_at": now,
        "asked_at": now,
    }
    db.execute(upsert(db, _PARTICIPANT).values(new).on_conflict_do_nothing())
    wanted = select(Participant).where(Participant.hall_id == hall.id, Participant.address_key == key)
    person = db.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).one()
    return person, person.id == new["id"]


def _note_wish(db: Session, keys: Keys, person: Participant, wish: Wish, now: datetime) -> None:
    """The newest wish counts until it is confirmed."""
    person.place, person.asked_at, person.ended_at = Place.PENDING, now, None
    person.name, person.notify, person.language, person.privacy = wish.name, wish.notify, wish.language, wish.privacy
    joining.seal(db, keys, person, wish.name, wish.address)


def _take_name(db: Session, keys: Keys, person: Participant, name: str) -> None:
    sealed = db.get(Person, person.id)
    if not name or name == person.name or sealed is None:
        return
    address = identity.open_person(keys, person.id, sealed.sealed)["email"]
    person.name = name
    sealed.sealed = identity.seal_person(keys, person.id, name, Address(address, address))


def _lapse(db: Session, hall: Hall, before: Asked, now: datetime) -> None:
    """Its link is dead and its words are gone, unless another request has joined it, or it was there before."""
    person = places.locked_person(db, hall, before.participant_id)
    if person is None or person.place != Place.PENDING:
        return
    if person.created_at == before.began_at and person.asked_at == before.asked_at:
        _end(db, hall, person, now)
        _forget_words(db, person)


def _end(db: Session, hall: Hall, person: Participant, now: datetime) -> None:
    places.take_place(db, hall, person, now)
    mail.drop_waiting(db, PARTICIPANT, [person.id], now)


def _forget_words(db: Session, person: Participant) -> None:
    db.execute(delete(Person).where(Person.participant_id == person.id))
    person.name = ""
    db.flush()
