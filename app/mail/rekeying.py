"""Addresses that get no letters, moved to a new secret; how many letters each mailbox got today is forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.mail.mailbox import address_of, mailbox_key, spelling_key
from app.mail.model import MailboxDay, Suppression
from app.mail.suppression import bound_to


class MailRekeyer:
    """All in one step: a site has few such addresses, and the keys that change are what they are sorted by."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        db.execute(delete(MailboxDay))
        moved = unknown = 0
        for mailbox, sealed in db.execute(select(Suppression.mailbox, Suppression.sealed)).all():
            try:
                words = old.unseal(sealed, bound_to(mailbox))
            except CannotUnseal:
                unknown += 1
                continue
            address = address_of(words["email"])
            key = mailbox_key if mailbox == mailbox_key(old, address) else spelling_key
            changed = {"mailbox": key(new, address), "sealed": new.seal(words, bound_to(key(new, address)))}
            db.execute(update(Suppression).where(Suppression.mailbox == mailbox).values(**changed))
            moved += 1
        return Step(after, moved, unknown, is_last=True)

    def unreadable(self, db: Session, keys: Keys) -> Iterable[str]:
        for mailbox, sealed in db.execute(select(Suppression.mailbox, Suppression.sealed)):
            try:
                address = address_of(keys.unseal(sealed, bound_to(mailbox))["email"])
            except CannotUnseal:
                yield "an address that gets no letters cannot be opened"
                continue
            if mailbox not in (mailbox_key(keys, address), spelling_key(keys, address)):
                yield "an address that gets no letters has another key"

    def left_to_do(self, db: Session) -> Iterable[str]:
        return ()
