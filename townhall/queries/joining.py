"""What links of participants are made for, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.model import AgendaItem, Hall, Participant, Person
from townhall.rules.lifecycle import READABLE, Place

#: purposes of tokens, each of a participant's number
CONFIRM, CANCEL, NOT_ME = "townhall.confirm", "townhall.cancel", "townhall.not-me"


def public_hall(db: Session, hall_id: int) -> Hall | None:
    """One whose page the public may read."""
    found = db.get(Hall, hall_id)
    return found if found is not None and found.state in READABLE else None


def participant(db: Session, number: int | None) -> Participant | None:
    """Somebody who registered by an address, whatever became of it."""
    found = db.get(Participant, number) if number is not None else None
    return found if found is not None and found.place != Place.BROWSER else None


def sealed(db: Session, participant_id: int) -> bytes | None:
    """Their words, where they are still known."""
    return db.scalar(select(Person.sealed).where(Person.participant_id == participant_id))


def agenda(db: Session, hall_id: int) -> Sequence[AgendaItem]:
    return db.scalars(
        select(AgendaItem).where(AgendaItem.hall_id == hall_id).order_by(AgendaItem.position, AgendaItem.id)
    ).all()
