"""The intake: citizens' high-rate acts, grouped into one transaction at a time.

Async handlers parse and validate, then ``await intake.submit(act)``. One writer thread per
process collects what has arrived (at most ``batch`` acts or ``wait`` seconds), has the room's
performer carry it out with set-based SQL, commits, and only then answers each citizen.

What is promised: an act that was answered is stored; one bad act hurts nobody else; an act is
never performed twice (its id is stored with its effect and looked up when a COMMIT's fate is
unknown); whoever left before their batch began is not acted for; a queue with more than
``backlog`` seconds of work refuses at the door.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core import idempotency
from app.core.clock import Clock
from app.core.db import RETRIES, Database, abandon, do_last, is_collision, is_outage, tell_of_commit
from app.core.errors import Refusal, Unavailable
from app.core.idempotency import Claim
from app.core.ids import new_id

log = logging.getLogger("townsquare.intake")


@dataclass(slots=True, kw_only=True)
class Act:
    """One citizen's act. ``id`` is stored with its effect; ``at`` is when the form arrived."""

    at: datetime
    id: int = field(default_factory=new_id)
    claim: Claim | None = None

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        """Status and body to keep for this act's Idempotency-Key."""
        raise NotImplementedError  # only acts that carry a claim are asked


class Performer(Protocol):
    """How a room carries out its acts."""

    def perform(self, db: Session, acts: Sequence[Any], now: datetime) -> Sequence[Any]:
        """One answer an act, in order: a value, or a :class:`Refusal` *returned* for that act alone."""

    def performed(self, db: Session, acts: Sequence[Any]) -> Mapping[int, Any]:
        """The answers, by act id, of those acts whose effect is stored already."""


@dataclass(slots=True)
class Ticket:
    """An act, and the citizen who waits for its answer."""

    act: Act
    loop: asyncio.AbstractEventLoop
    waiter: asyncio.Future[Any]
    arrived: float
    left: bool = False


class FateUnknown(Exception):
    """COMMIT was sent and its answer did not come."""


class Intake:
    """The door and the one writer thread behind it."""

    def __init__(
        self,
        database: Database,
        performers: Mapping[type[Act], Performer],
        clock: Clock,
        *,
        batch: int = 256,
        wait: float = 0.001,
        backlog: float = 2.0,
    ) -> None:
        self.database = database
        self.performers = performers
        self.clock = clock
        self.batch, self.wait, self.backlog = batch, wait, backlog
        #: why nobody is let in at the moment, or None
        self.shut: Callable[[], Refusal | None] = _open
        self.seconds_an_act = 0.001  # a first guess; measured from then on
        self.batches = self.acts = 0
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._closed = False
        self._door = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._write_batches, name="intake", daemon=True)
        self._thread.start()

    def close(self, patience: float = 20.0) -> None:
        """Let nobody in, answer everyone who waits, end the thread. Whoever cannot be answered is refused."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        if self._thread:
            self._thread.join(patience)
        self._refuse_the_rest()

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    async def submit(self, act: Act) -> Any:
        """The act's answer once it is stored; raises the act's refusal, or :class:`Unavailable`."""
        if (refusal := self.shut()) is not None:
            raise refusal
        loop = asyncio.get_running_loop()
        ticket = Ticket(act, loop, loop.create_future(), time.monotonic())
        self._admit(ticket)
        try:
            answer = await ticket.waiter
        except asyncio.CancelledError:
            ticket.left = True
            raise
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _admit(self, ticket: Ticket) -> None:
        if type(ticket.act) not in self.performers:
            raise LookupError(f"no room performs {type(ticket.act).__name__}")
        if self._queue.qsize() * self.seconds_an_act > self.backlog:
            raise Unavailable(retry_after=5)
        with self._door:  # nobody slips in behind the closing mark
            if self._closed or self._thread is None:
                raise Unavailable(retry_after=10)
            self._queue.put(ticket)

    def _write_batches(self) -> None:
        while True:
            tickets, more = self._collect()
            present = [t for t in tickets if not t.left]
            if present:
                self._work_through(present)
            if not more:
                return

    def _collect(self) -> tuple[list[Ticket], bool]:
        """The next batch, and whether there may be another."""
        first = self._queue.get()
        if first is None:
            return [], False
        tickets, deadline = [first], first.arrived + self.wait
        while len(tickets) < self.batch:
            patience = deadline - time.monotonic()
            try:
                ticket = self._queue.get(timeout=patience) if patience > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if ticket is None:
                return tickets, False
            tickets.append(ticket)
        return tickets, True

    def _work_through(self, tickets: list[Ticket]) -> None:
        started = time.monotonic()
        for performer, group in self._by_performer(tickets):
            try:
                self._perform(performer, group)
            except BaseException as fault:
                log.exception("intake batch failed")
                self._answer(group, [_as_answer(fault)] * len(group))
        self.batches += 1
        self.acts += len(tickets)
        spent = (time.monotonic() - started) / len(tickets)
        self.seconds_an_act += 0.1 * (spent - self.seconds_an_act)

    def _by_performer(self, tickets: list[Ticket]) -> list[tuple[Performer, list[Ticket]]]:
        groups: dict[int, tuple[Performer, list[Ticket]]] = {}
        for ticket in tickets:
            performer = self.performers[type(ticket.act)]
            groups.setdefault(id(performer), (performer, []))[1].append(ticket)
        return list(groups.values())

    def _perform(self, performer: Performer, tickets: list[Ticket], *, again: bool = False) -> None:
        """Carry out a group; alone, act by act, where one of them spoils it."""
        acts = [t.act for t in tickets]
        try:
            self._answer(tickets, self._store(performer, acts))
        except FateUnknown:
            self._look_up(performer, tickets, again=again)
        except Exception as fault:
            if is_outage(fault) or isinstance(fault, Unavailable):
                log.warning("intake refused %d acts: %s", len(acts), type(fault).__name__)
                self._answer(tickets, [Unavailable(retry_after=10)] * len(acts))
            elif len(tickets) > 1:
                for ticket in tickets:
                    self._perform(performer, [ticket], again=again)
            elif isinstance(fault, exc.IntegrityError):
                self._look_up(performer, tickets, again=again, fault=fault)
            else:
                log.exception("an act could not be performed", exc_info=fault)
                self._answer(tickets, [_as_answer(fault)])

    def _store(self, performer: Performer, acts: list[Act]) -> list[Any]:
        for attempt in range(RETRIES + 1):
            try:
                return self._transaction(performer, acts)
            except exc.DBAPIError as error:
                if attempt == RETRIES or not is_collision(error):
                    raise
                time.sleep(0.005 * 2**attempt)
        raise AssertionError("unreachable")

    def _transaction(self, performer: Performer, acts: list[Act]) -> list[Any]:
        db = self.database.session(writes=True, first=True)
        try:
            answers = self._answers(db, performer, acts)
            do_last(db)
            db.flush()
        except BaseException:
            abandon(db)
            raise
        return self._commit(db, answers)

    def _commit(self, db: Session, answers: list[Any]) -> list[Any]:
        try:
            db.commit()
        except BaseException as error:
            abandon(db)
            if is_outage(error):
                raise FateUnknown from error
            raise
        db.close()
        tell_of_commit(db)
        return answers

    def _answers(self, db: Session, performer: Performer, acts: list[Act]) -> list[Any]:
        now = self.clock.now()
        earlier = idempotency.earlier_answers(db, [a.claim for a in acts if a.claim])
        fresh = [a for a in acts if not (a.claim and a.claim.key in earlier)]
        given = dict(zip((a.id for a in fresh), performer.perform(db, fresh, now) if fresh else [], strict=True))
        kept = [(a.claim, *a.encoded(given[a.id])) for a in fresh if a.claim and not isinstance(given[a.id], Refusal)]
        idempotency.keep(db, kept, now)
        return [given[a.id] if a.id in given else earlier[a.claim.key] for a in acts]  # type: ignore[union-attr]

    def _look_up(
        self, performer: Performer, tickets: list[Ticket], *, again: bool, fault: Exception | None = None
    ) -> None:
        """Answer what is stored already; perform the rest once more, or say what ``fault`` it was.

        After a COMMIT of unknown fate, or where an act's own id may be what stands in its way.
        """
        try:
            with self.database.reading() as db:
                stored = performer.performed(db, [t.act for t in tickets])
        except Exception:
            log.warning("the fate of %d acts could not be looked up", len(tickets))
            self._answer(tickets, [Unavailable(retry_after=10)] * len(tickets))
            return
        done = [t for t in tickets if t.act.id in stored]
        self._answer(done, [stored[t.act.id] for t in done])
        rest = [t for t in tickets if t.act.id not in stored]
        if rest and again:
            if fault:
                log.error("an act could not be performed", exc_info=fault)
            self._answer(rest, [_as_answer(fault) if fault else Unavailable(retry_after=10)] * len(rest))
        elif rest:
            self._perform(performer, rest, again=True)

    def _answer(self, tickets: Sequence[Ticket], answers: Sequence[Any]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for ticket, answer in zip(tickets, answers, strict=True):
            by_loop.setdefault(ticket.loop, []).append((ticket.waiter, answer))
        for loop, pairs in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle, pairs)
            except RuntimeError:  # the loop has ended: nobody waits there any more
                log.info("%d answers came after their loop had ended", len(pairs))

    def _refuse_the_rest(self) -> None:
        while True:
            try:
                ticket = self._queue.get_nowait()
            except queue.Empty:
                self._queue.put(None)  # a writer that is still at work shall find it
                return
            if ticket is not None:
                self._answer([ticket], [Unavailable(retry_after=10)])


def _open() -> Refusal | None:
    return None


def _settle(pairs: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for waiter, answer in pairs:
        if not waiter.done():
            waiter.set_result(answer)


def _as_answer(fault: BaseException) -> BaseException:
    if is_collision(fault):
        return Unavailable(retry_after=5)
    return fault if isinstance(fault, Refusal) else ActFailed().with_traceback(fault.__traceback__)


class ActFailed(RuntimeError):
    """A fault of ours in one act; the citizen sees the page for faults, nothing was stored."""
