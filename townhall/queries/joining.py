"""What links of participants are made for, and whose they are."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from townhall.model import Participant, Person
from townhall.rules.lifecycle import Place

#: purposes of tokens, each of a participant's number
CONFIRM, CANCEL, NOT_ME = "townhall.confirm", "townhall.cancel", "townhall.not-me"


def participant(db: Session, number: int | None) -> Participant | None:
    """Somebody who registered by an address, whatever became of it."""
    found = db.get(Participant, number) if number is not None else None
    return found if found is not None and found.place != Place.BROWSER else None


def sealed(db: Session, participant_id: int) -> bytes | None:
    """Their words, where they are still known."""
    return db.scalar(select(Person.sealed).where(Person.participant_id == participant_id))


def ahead_of(db: Session, person: Participant) -> int:
    """How many on the waiting list come before them."""
    before = select(func.count()).where(
        Participant.hall_id == person.hall_id,
        Participant.place == Place.WAITING,
        Participant.waiting_number < person.waiting_number,
    )
    return db.scalar(before) or 0
