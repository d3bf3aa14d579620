"""Who somebody is in a hall: by the ticket of their browser, or by their account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Table, delete, or_, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.batches import upsert
from app.core.i18n import language
from app.core.ids import new_id
from app.core.people.addresses import Address, read_address
from app.core.security.keys import Keys
from townhall import identity
from townhall.model import Hall, Participant, Person, Ticket
from townhall.rules.commands import RegistrationNeeded
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Entry, Place
from townhall.rules.registering import AccountNotConfirmed, refusal_to_register
from townhall.service import locking, places

_TICKET: Table = Ticket.__table__  # type: ignore[assignment]


def find(db: Session, hall_id: int, ticket: bytes) -> Participant | None:
    """Whose browser this is in this hall. They may be waiting, cancelled or banned."""
    row = select(Participant).join(Ticket, Ticket.participant_id == Participant.id)
    return db.scalars(row.where(Ticket.hall_id == hall_id, Ticket.key == ticket)).one_or_none()


def find_account(db: Session, hall_id: int, account_id: int) -> Participant | None:
    """Who this account is in this hall, if it registered there; where it did twice, the one that takes part."""
    mine = select(Participant).where(Participant.hall_id == hall_id, Participant.account_id == account_id)
    rows = db.scalars(mine.order_by(Participant.id)).all()
    return next(iter(sorted(rows, key=lambda p: p.place not in (Place.REGISTERED, Place.WAITING))), None)


def enter(db: Session, hall: Hall, ticket: bytes, now: datetime) -> Participant:
    """Whose browser this is; in an open hall somebody new where it is nobody's. Raises RegistrationNeeded elsewhere."""
    if (known := find(db, hall.id, ticket)) is not None:
        return known
    if hall.entry != Entry.OPEN or hall.state not in OPEN_TO_PEOPLE:
        raise RegistrationNeeded
    mine = Participant(
        id=new_id(),
        hall_id=hall.id,
        place=Place.BROWSER,
        notify=False,
        language=language.get(),
        created_at=now,
        asked_at=now,
    )
    db.add(mine)
    db.flush()
    # two tabs at once: one of them makes the participant, and both are that one
    row = {"hall_id": hall.id, "key": ticket, "participant_id": mine.id, "at": now}
    db.execute(upsert(db, _TICKET).values(row).on_conflict_do_nothing(index_elements=["hall_id", "key"]))
    found = find(db, hall.id, ticket)
    if found is None or found.id == mine.id:
        return mine
    db.delete(mine)
    db.flush()
    return found


def give_ticket(db: Session, person: Participant, ticket: bytes, now: datetime) -> None:
    """This browser is theirs from now on, whoever's it was before."""
    row = {"hall_id": person.hall_id, "key": ticket, "participant_id": person.id, "at": now}
    theirs = {"participant_id": person.id, "at": now}
    db.execute(upsert(db, _TICKET).values(row).on_conflict_do_update(index_elements=["hall_id", "key"], set_=theirs))


def leave(db: Session, hall_id: int, ticket: bytes) -> None:
    """This browser is nobody's any more in this hall."""
    db.execute(delete(Ticket).where(Ticket.hall_id == hall_id, Ticket.key == ticket))


def of_account(db: Session, keys: Keys, hall: Hall, account: Account, now: datetime) -> Participant:
    """Register an account's confirmed address at one click: with a place, or on the waiting list.

    Who is registered stays what they are. Raises why nobody registers here, or AccountNotConfirmed.
    """
    hall = locking.locked(db, hall.id)
    if (refusal := refusal_to_register(hall)) is not None:
        raise refusal
    if account.email is None or account.email_confirmed_at is None or hall.salt is None:
        raise AccountNotConfirmed(hall=hall.id)
    address = read_address(account.email)
    key = identity.address_key(keys, hall.salt, address.canonical)
    person = _known(db, hall, account.id, key) or _new(db, hall, key, now)
    person.account_id = account.id
    if person.place not in (Place.REGISTERED, Place.WAITING):
        person.name = "" if account.name_withheld else account.name
        person.notify = True
        seal(db, keys, person, account.name, address)
    places.give_place(db, hall, person, now)
    return person


def seal(db: Session, keys: Keys, person: Participant, name: str, address: Address) -> None:
    """Keep name and address, readable only beside this participant."""
    sealed = identity.seal_person(keys, person.id, name, address)
    row = db.get(Person, person.id)
    if row is None:
        db.add(Person(participant_id=person.id, sealed=sealed))
    else:
        row.sealed = sealed
    db.flush()


def _known(db: Session, hall: Hall, account_id: int, key: bytes) -> Participant | None:
    """By address first: there is at most one of it."""
    mine = select(Participant).where(
        Participant.hall_id == hall.id, or_(Participant.address_key == key, Participant.account_id == account_id)
    )
    rows = db.scalars(mine.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    return next(iter(sorted(rows, key=lambda p: p.address_key != key)), None)


def _new(db: Session, hall: Hall, key: bytes, now: datetime) -> Participant:
    made = Participant(
        id=new_id(),
        hall_id=hall.id,
        place=Place.PENDING,
        address_key=key,
        language=language.get(),
        created_at=now,
        asked_at=now,
    )
    db.add(made)
    db.flush()
    return made
