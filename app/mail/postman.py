"""The postman: takes letters from the outbox, one in flight, and notes what became of each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exc, or_, select, update
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.security.keys import Keys
from app.core.tally import Tally
from app.mail import suppression
from app.mail.model import Lane, Letter, LetterState
from app.mail.render import Composer, Renderer
from app.mail.schedule import MOST_ATTEMPTS, pause_after
from app.mail.statuses import blames_mailbox
from app.mail.transport import Refused, ServerGone, Transport, TryLater

log = logging.getLogger("townsquare.mail")
CLAIM = timedelta(minutes=2)
AT_ONCE = 10
#: what is counted of letters that somebody waits for: those that were sent, and those that were sent soon
WAITED_FOR, FIRST, PROMPT = "mail", "sent", "prompt"
SOON = timedelta(minutes=1)


class Postman:
    """Delivers what is due. Any number may work on PostgreSQL; one on SQLite."""

    def __init__(
        self,
        database: Database,
        composers: Mapping[str, Composer],
        renderer: Renderer,
        transport: Transport,
        clock: Clock,
        keys: Keys,
        tally: Tally | None = None,
    ) -> None:
        """``tally``: counts how soon letters leave, where somebody wants to know."""
        self.database, self.composers, self.renderer = database, composers, renderer
        self.transport, self.clock, self.keys, self.tally = transport, clock, keys, tally
        self.called = threading.Event()
        self._stop = threading.Event()

    def wake(self) -> None:
        self.called.set()

    def stop(self) -> None:
        self._stop.set()
        self.called.set()

    def work(self) -> None:
        """Until stopped: deliver, then wait for a call or two seconds; longer while the server is gone."""
        pause = 2.0
        while not self._stop.is_set():
            self.called.clear()
            try:
                sent = self.round()
                pause = 0.0 if sent else 2.0
            except ServerGone as gone:
                pause = min(60.0, max(2.0, pause) * 2)
                log.warning("mail server out of reach (%s): next try in %.0f s", gone, pause)
                self._stop.wait(pause)
                continue
            except (exc.SQLAlchemyError, Unavailable) as fault:
                log.warning("outbox out of reach: %s", type(fault).__name__)
                pause = 5.0
            if pause:
                self.called.wait(pause)
        self.transport.close()

    def round(self) -> int:
        """Deliver up to ten letters; answers how many were taken from the outbox."""
        claimed = self.database.retrying(self._claim)
        for place, letter_id in enumerate(claimed):
            if self._stop.is_set():
                self._release(claimed[place:])
                break
            try:
                self._deliver(letter_id)
            except ServerGone:
                self._release(claimed[place:])
                raise
        return len(claimed)

    def drain(self) -> int:
        """Deliver everything that is due now; for tests and commands."""
        total = 0
        while taken := self.round():
            total += taken
        return total

    def _claim(self, db: Session) -> list[int]:
        now = self.clock.now()
        due = (
            select(Letter.id)
            .where(
                Letter.state == LetterState.WAITING,
                Letter.due_at <= now,
                or_(Letter.claimed_until.is_(None), Letter.claimed_until < now),
            )
            .order_by(Letter.lane, Letter.id)
            .limit(AT_ONCE)
        )
        if not self.database.is_sqlite:
            due = due.with_for_update(skip_locked=True)
        ids = list(db.scalars(due))
        if ids:
            db.execute(update(Letter).where(Letter.id.in_(ids)).values(claimed_until=now + CLAIM))
        return ids

    def _deliver(self, letter_id: int) -> None:
        with self.database.reading() as db:
            letter = db.get(Letter, letter_id)
            if letter is None or letter.state != LetterState.WAITING:
                return
            attempts = letter.attempts + 1
            try:
                composer = self.composers[letter.template]
                envelope = composer(db, letter)
                silenced = envelope and suppression.is_silenced(db, self.keys, envelope.address, letter.lane)
                message = self.renderer.message(letter, envelope, self.keys) if envelope and not silenced else None
            except Exception as fault:
                log.exception("letter %d (%s) could not be written", letter_id, letter.template)
                self._settle(letter_id, LetterState.DEAD, attempts, fault=f"not written: {type(fault).__name__}")
                return
        if envelope is None or message is None:
            self._settle(letter_id, LetterState.DROPPED, attempts, fault=suppression.SUPPRESSED if silenced else None)
            return
        try:
            self.transport.send(message, str(letter_id))
        except Refused as refused:
            if blames_mailbox(refused.status):
                self._blame(envelope.address, str(refused))
            self._settle(letter_id, LetterState.DEAD, attempts, fault=str(refused))
        except TryLater as later:
            self._postpone(letter_id, attempts, str(later))
        else:
            self._settle(letter_id, LetterState.SENT, attempts)
            self._count(letter)

    def _count(self, letter: Letter) -> None:
        """As one that was sent on the day on which somebody asked for it."""
        if self.tally is None or letter.lane != Lane.FIRST:
            return
        self.tally.add(WAITED_FOR, FIRST, at=letter.created_at)
        if self.clock.now() - letter.created_at <= SOON:
            self.tally.add(WAITED_FOR, PROMPT, at=letter.created_at)

    def _blame(self, address: str, fault: str) -> None:
        now = self.clock.now()
        self.database.retrying(lambda db: suppression.note_hard(db, self.keys, address, fault, now))

    def _postpone(self, letter_id: int, attempts: int, fault: str) -> None:
        if attempts >= MOST_ATTEMPTS:
            self._settle(letter_id, LetterState.DEAD, attempts, fault=fault)
            return
        due = self.clock.now() + pause_after(attempts)
        self._note([letter_id], attempts=attempts, due_at=due, claimed_until=None, fault=fault[:200])

    def _settle(self, letter_id: int, state: LetterState, attempts: int, fault: str | None = None) -> None:
        now: datetime = self.clock.now()
        self._note([letter_id], state=state, attempts=attempts, settled_at=now, claimed_until=None, fault=fault)

    def _release(self, letter_ids: Sequence[int]) -> None:
        self._note(list(letter_ids), claimed_until=None)

    def _note(self, letter_ids: list[int], **values: Any) -> None:
        waiting = Letter.state == LetterState.WAITING
        self.database.retrying(
            lambda db: db.execute(update(Letter).where(Letter.id.in_(letter_ids), waiting).values(**values))
        )


def free_claims(database: Database) -> None:
    """At the start of the only process: whatever a crashed one held is free again."""
    database.retrying(
        lambda db: db.execute(update(Letter).where(Letter.state == LetterState.WAITING).values(claimed_until=None))
    )
