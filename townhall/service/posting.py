"""Letters to one participant: to confirm, about their place, and the caps that keep them from flooding a mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.mail import service as mail
from app.mail.mailbox import mailbox_key
from townhall.model import Participant
from townhall.rules.lifecycle import Place
from townhall.rules.news import BY_PLACE, CONFIRM, PARTICIPANT, PROMOTED


def ask(db: Session, keys: Keys, person: Participant, address: Address, most: int, now: datetime) -> None:
    """The letter that fits where they stand, because a form asked for it; none once they or their mailbox had enough."""
    mailbox = mailbox_key(keys, address)
    if person.letters >= most or mail.room_in_mailboxes(db, [mailbox], now)[mailbox] <= 0:
        return
    person.letters += 1
    db.flush()
    mail.queue(db, [_row(BY_PLACE[Place(person.place)], person, now)])
    mail.count_letters(db, {mailbox: 1}, now)


def tell_place(db: Session, person: Participant, now: datetime) -> None:
    """They have just confirmed: a place, or a number on the waiting list. Earlier letters to confirm say nothing now."""
    mail.drop_waiting(db, PARTICIPANT, [person.id], now, templates=[CONFIRM])
    mail.queue(db, [_row(BY_PLACE[Place(person.place)], person, now)])


def tell_promoted(db: Session, promoted: Sequence[tuple[Participant, int | None]], now: datetime) -> None:
    """Each once for each time that they waited; ``number``: theirs on the waiting list."""
    rows = [_row(PROMOTED, person, now, once=f"townhall-promoted:{person.id}:{number}") for person, number in promoted]
    mail.queue_once(db, rows)


def _row(template: str, person: Participant, now: datetime, *, once: str | None = None) -> dict[str, Any]:
    return mail.row(template, (PARTICIPANT, person.id), now, once=once) | {"language": person.language or "en"}
