"""The load driver: another process, raw HTTP over kept-alive connections, a closed loop of N clients.

A client sends its next request when its last one is answered, so a slow server is asked less, never flooded.
The request bytes are made before the clock starts; nothing but socket work happens while it runs.
"""

import asyncio
import gc
import math
import multiprocessing
import os
from array import array
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bench.wire import Reply

PATIENCE = 60.0  # seconds after the planned end before the driver says that the server hangs
LONGEST = 600.0  # seconds that a plan without an end of its own may take
FLUSH_EVERY = 0.002  # seconds that journal entries wait for company before one fsync covers them all


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed; without it the driver is slower, and says `driver_bound` if that matters."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, and for how long.

    `requests` is sent in order: once, or round and round with `cycle`. The run ends when the list is used up or
    after `seconds`, whichever comes first; requests under way are always waited for. With a `journal`, the key of
    each request answered by a status in `accepted` is on disk before it is counted.
    """

    port: int
    requests: Sequence[bytes]
    clients: int = 64
    seconds: float = math.inf
    cycle: bool = False
    journal: Path | None = None
    keys: Sequence[str] = ()
    accepted: frozenset[int] = frozenset({200, 202, 303})


@dataclass(slots=True)
class Tally:
    """What came of a plan.

    `latencies` in seconds, one an answer. `answers` holds the status of each request by its index, 0 for none
    (empty for a cycled plan). `broken` counts requests whose connection went before the answer was whole.
    `server_cpu`: seconds of processor time that the server used, where somebody measured it.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    answers: "array[int]" = field(default_factory=lambda: array("H"))
    sent: int = 0
    broken: int = 0
    acknowledged: int = 0
    elapsed: float = 0.0
    server_cpu: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers of any status per second."""
        return len(self.latencies) / self.elapsed if self.elapsed else 0.0

    def rate_of(self, status: int) -> float:
        """Answers of one status per second: a refusal is not work done."""
        return self.statuses[status] / self.elapsed if self.elapsed else 0.0


class Journal:
    """Keys of acknowledged requests, one a line, forced to disk in groups and counted only then."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self._file = path.open("ab", buffering=0)
        self._tally = tally
        self._waiting: list[str] = []

    def note(self, key: str) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(FLUSH_EVERY, self.flush)
        self._waiting.append(key)

    def flush(self) -> None:
        """Blocks the loop for one fsync: here the truth of the journal matters, the rate does not."""
        if not self._waiting:
            return
        self._file.write("".join(f"{key}\n" for key in self._waiting).encode())
        os.fsync(self._file.fileno())
        self._tally.acknowledged += len(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        self.flush()
        self._file.close()


class Storm:
    """One run of a plan: hands out requests, gathers answers, knows when the last client has stopped."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tally = Tally(answers=array("H", [] if plan.cycle else [0] * len(plan.requests)))
        self.journal = Journal(plan.journal, self.tally) if plan.journal else None
        self.over = asyncio.Event()
        self._next = 0
        self._clients = plan.clients
        self._deadline = math.inf
        self._began = self._ended = 0.0

    async def run(self) -> Tally:
        self._began = self._ended = perf_counter()
        self._deadline = self._began + self.plan.seconds
        for _ in range(self.plan.clients):
            await self.connect()
        await asyncio.wait_for(self.over.wait(), min(self.plan.seconds, LONGEST) + PATIENCE)
        if self.journal:
            self.journal.close()
        self.tally.elapsed = self._ended - self._began
        return self.tally

    async def connect(self) -> None:
        """One more connection, or one client less where the server is gone."""
        try:
            await asyncio.get_running_loop().create_connection(lambda: Client(self), "127.0.0.1", self.plan.port)
        except OSError:
            self.retire()

    def take(self) -> int:
        """The index of the next request, or -1 when it is time to stop."""
        if perf_counter() >= self._deadline:
            return -1
        index = self._next
        if index == len(self.plan.requests):
            if not self.plan.cycle:
                return -1
            index = 0
        self._next = index + 1
        self.tally.sent += 1
        return index

    def answered(self, index: int, status: int, started: float) -> None:
        self._ended = perf_counter()
        tally = self.tally
        tally.latencies.append(self._ended - started)
        tally.statuses[status] += 1
        if not self.plan.cycle:
            tally.answers[index] = status
        if self.journal and status in self.plan.accepted:
            self.journal.note(self.plan.keys[index])

    def retire(self) -> None:
        self._clients -= 1
        if not self._clients:
            self.over.set()


class Client(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self._requests = storm.plan.requests
        self._reply = Reply()
        self._index = -1
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send_next()

    def data_received(self, data: bytes) -> None:
        reply = self._reply
        if reply.feed(data):
            self._storm.answered(self._index, reply.status, self._started)
            self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """A server may close a connection; the client comes back as a browser would. What was under way is lost."""
        if self._index < 0:
            self._storm.retire()
            return
        self._storm.tally.broken += 1
        self._index = -1
        asyncio.get_running_loop().create_task(self._storm.connect())

    def _send_next(self) -> None:
        self._index = index = self._storm.take()
        if index < 0:
            self._transport.close()
            return
        self._started = perf_counter()
        self._transport.write(self._requests[index])  # type: ignore[attr-defined]


def drive(plan: Plan) -> Tally:
    """Carry out a plan in this process. The collector is off: its pauses would be booked as the server's."""
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_storm(plan))
    finally:
        gc.enable()


async def _storm(plan: Plan) -> Tally:
    return await Storm(plan).run()


class Driver:
    """A process of its own that carries out plans one after the other."""

    def __enter__(self) -> "Driver":
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def run(self, plan: Plan) -> Tally:
        return self.start(plan).result()

    def start(self, plan: Plan) -> "Future[Tally]":
        """Begin a plan and return at once, for those who mean to do something to the server meanwhile."""
        return self._pool.submit(drive, plan)
