"""The courier: takes what is due, sends it, and notes what became of it. No transaction is open meanwhile.

One run a receiver at a time, each in a thread of its own and few of them at once. Receivers in trouble never hold
more than half of the places, and whoever keeps us waiting for long leaves its place to others, so that those that hang
delay nobody else.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exc

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.security.keys import CannotUnseal, Keys
from app.webhooks.policy import WebhooksPolicy
from app.webhooks.rules.answers import Answer
from app.webhooks.rules.signing import headers
from app.webhooks.service import claiming
from app.webhooks.service.claiming import Loaded, Message, Run
from app.webhooks.service.settling import Tried, settle
from app.webhooks.wire import Sends

log = logging.getLogger("townsquare.webhooks")
PLACES = 8
FOR_AILING = PLACES // 2
#: beyond them, for sound receivers that have not answered for so long: they only wait, which costs next to nothing
FOR_SLOW, PATIENCE = 24, 2.0  # places; seconds
LONGEST_RUN = 60.0  # seconds; a claim holds for longer
LOOK_EVERY = 2.0  # seconds
#: a long row of messages leaves with a breath after each, so that whoever signs meanwhile does not wait for it
BREATHLESS, A_BREATH = 3, 0.15  # messages; seconds


class Going(NamedTuple):
    """A run in the middle: whether its receiver is ailing, and since when it is waited for (a monotonic second)."""

    is_ailing: bool
    since: float


class Courier:
    """Delivers what is due. Any number may work on PostgreSQL; one on SQLite."""

    name = "webhooks"

    def __init__(
        self,
        database: Database,
        keys: Keys,
        policy: WebhooksPolicy,
        wire: Sends,
        clock: Clock,
        called: threading.Event,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.database, self.keys, self.policy = database, keys, policy
        self.wire, self.clock, self.called, self.draw = wire, clock, called, draw
        self._stop = threading.Event()
        self._busy: dict[int, Going] = {}  # by receiver
        self._lock = threading.Lock()

    def stop(self) -> None:
        self._stop.set()
        self.called.set()

    def work(self) -> None:
        """Until stopped: begin what can begin, then wait for a call, for a run that ended, or for two seconds."""
        while not self._stop.is_set():
            self.called.clear()
            pause = LOOK_EVERY
            try:
                for run in self._claim():
                    threading.Thread(target=self._perform, args=(run,), name="webhook", daemon=True).start()
            except (exc.SQLAlchemyError, Unavailable) as fault:
                log.warning("webhooks wait for the database: %s", type(fault).__name__)
                pause = 5.0
            self.called.wait(pause)

    def drain(self) -> int:
        """Send everything that is due now, one run after the other; for tests and commands. Answers how many tries."""
        total = 0
        while not self._stop.is_set() and (runs := self._claim()):
            total += sum(self._perform(run) for run in runs)
        return total

    def start_alone(self) -> None:
        """At the start of the only process: whatever a crashed one held is free again."""
        self.database.retrying(claiming.free_claims)

    def _claim(self) -> list[Run]:
        with self._lock:
            busy = dict(self._busy)
        free = PLACES - len(busy) + min(_slow(busy.values()), FOR_SLOW)
        if free <= 0:
            return []
        places: dict[str, Any] = {
            "most": free,
            "most_ailing": FOR_AILING - sum(going.is_ailing for going in busy.values()),
            "but": list(busy),
        }
        now = self.clock.now()
        with self.database.looking() as db:  # nothing is due most of the time, and finding that out locks nothing
            if db.execute(claiming.due(now, **places)).first() is None:
                return []
        locks = not self.database.is_sqlite
        runs = self.database.retrying(lambda db: claiming.claim(db, now, **places, locks=locks))
        with self._lock:
            self._busy.update({run.endpoint_id: Going(run.is_ailing, time.monotonic()) for run in runs})
        return runs

    def _perform(self, run: Run) -> int:
        """One run from beginning to end; answers how many tries it made."""
        try:
            return self._send_and_settle(run)
        except (exc.SQLAlchemyError, Unavailable) as fault:
            log.warning("a webhook's fate could not be noted, so it is sent again: %s", type(fault).__name__)
        except Exception:
            log.exception("a run of webhooks failed")
        finally:
            with self._lock:
                self._busy.pop(run.endpoint_id, None)
            self.called.set()
        return 0

    def _send_and_settle(self, run: Run) -> int:
        tried, now = list[Tried](), self.clock.now
        try:
            with self.database.reading() as db:
                loaded = claiming.load(db, self.keys, run, now())
        except CannotUnseal:
            log.error("the secret of webhook %d cannot be opened: nothing is sent there", run.endpoint_id)
            return 0  # held until its claim is over
        if loaded is not None:
            tried = self._send(loaded, run)
        known = {one.delivery_id for one in tried}
        unsent = [i for i in run.deliveries if i not in known]
        off_after = self.policy.off_after
        self.database.retrying(lambda db: settle(db, run.endpoint_id, tried, unsent, off_after, now()))
        return len(tried)

    def _send(self, loaded: Loaded, run: Run) -> list[Tried]:
        """Until one fails: what comes after it would fail as well."""
        tried, until = list[Tried](), time.monotonic() + LONGEST_RUN
        for message in loaded.messages:
            if self._stop.is_set() or time.monotonic() > until:
                break
            self._begin_to_wait(run)
            at = self.clock.now()
            answer = self._one(loaded, message, at)
            tried.append(Tried(message.delivery_id, at, answer, self.draw()))
            if answer.fault is not None:
                break
            if len(tried) >= BREATHLESS:
                self._stop.wait(A_BREATH)
        return tried

    def _begin_to_wait(self, run: Run) -> None:
        with self._lock:
            self._busy[run.endpoint_id] = Going(run.is_ailing, time.monotonic())

    def _one(self, loaded: Loaded, message: Message, at: datetime) -> Answer:
        body, name = message.body.encode(), message_name(message.event_id)
        return self.wire.send(loaded.url, headers(loaded.secrets, name, at, body), body)


def _slow(going: Iterable[Going]) -> int:
    """How many sound receivers have kept us waiting for too long to hold a place."""
    before = time.monotonic() - PATIENCE
    return sum(not one.is_ailing and one.since < before for one in going)


def message_name(event_id: int) -> str:
    """The ``webhook-id``."""
    return f"msg_{event_id}"
