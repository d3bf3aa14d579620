"""Participants moved to a new secret: their sealed words, and the keys of their addresses.

Browsers' tickets hang on a secret that only the browsers have, so they go: everybody comes in again by the link in a
letter. Where the words were erased nothing can be worked out anew: nobody is found under those keys any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.core.people.addresses import read_address
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.mail.mailbox import address_of
from townhall import identity
from townhall.model import Hall, Participant, Person, Ticket

A_STEP = 500


class TownHallRekeyer:
    """``after`` counts participants by their number. The site does not run meanwhile."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        if after == 0:
            db.execute(delete(Ticket))
        rows = db.execute(
            _people()
            .where(Participant.id > after)
            .order_by(Participant.id)
            .limit(A_STEP)
            .execution_options(populate_existing=True)
        ).all()
        moved = sum(_move(old, new, person, salt, words) for person, salt, words in rows)
        db.flush()
        reached = rows[-1][0].id if rows else after
        db.expire_all()
        return Step(reached, moved, len(rows) - moved, is_last=len(rows) < A_STEP)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        for person, salt, words in db.execute(_people().execution_options(yield_per=A_STEP)):
            try:
                email = identity.open_person(keys, person.id, words.sealed)["email"]
            except CannotUnseal:
                yield f"the words of participant {person.id} cannot be opened"
                continue
            if salt is not None and person.address_key != _key(keys, salt, email):
                yield f"participant {person.id} has another key than their address"

    def left_to_do(self, db: Session) -> Iterable[str]:
        """Whoever was in a hall with a browser asks for the letter again."""
        return ()


def make_void(db: Session, _keys: Keys) -> None:
    """With a rotation of the keys no browser is anybody's any more: the letter's link, sent anew, brings each back."""
    db.execute(delete(Ticket))


def _people() -> Select[Participant, bytes | None, Person]:
    rows = select(Participant, Hall.salt, Person).join(Person, Person.participant_id == Participant.id)
    return rows.join(Hall, Hall.id == Participant.hall_id)


def _move(old: Keys, new: Keys, person: Participant, salt: bytes | None, words: Person) -> int:
    try:
        facts = identity.open_person(old, person.id, words.sealed)
    except CannotUnseal:
        return 0
    words.sealed = identity.seal_person(new, person.id, facts["name"], address_of(facts["email"]))
    if salt is not None:
        person.address_key = _key(new, salt, facts["email"])
    return 1


def _key(keys: Keys, salt: bytes, email: str) -> bytes:
    return identity.address_key(keys, salt, read_address(email).canonical)
