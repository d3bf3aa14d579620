"""A hall's crowd in a process of its own: thousands of sockets that count what reaches them, some of which vote.

Raw protocols on one event loop: a library's client takes ten times the processor time, and would be what is measured.
The parent drives it call by call, so that it can weigh the server in between.
"""

import asyncio
import base64
import contextlib
import json
import multiprocessing
import os
import random
import struct
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from bench.driver import new_event_loop

SAMPLE = 50  # viewers that read what they get; the others count frames
ACK_EVERY = 20.0  # seconds
LIVE = "townsquare-live.v1"


class Socket(asyncio.Protocol):
    """One viewer."""

    def __init__(
        self, crowd: "Worker", *, path: str, cookie: str = "", lane: str = "public", reads: bool = False
    ) -> None:
        self.crowd, self.path, self.cookie, self.lane, self.reads = crowd, path, cookie, lane, reads
        self.buffer = bytearray()
        self.upgraded = self.gone = self.whole = False
        self.started = time.monotonic()
        self.frames = self.octets = 0
        self.epoch, self.seq = "", 0
        self.faults: list[str] = []
        self.close_code = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        protocol = f"Sec-WebSocket-Protocol: {LIVE}\r\n" if self.crowd.greets else ""
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {self.crowd.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{protocol}"
            f"Origin: http://{self.crowd.host}\r\n{cookie}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.upgraded = self.buffer.startswith(b"HTTP/1.1 101")
            if not self.upgraded:
                self.faults.append(self.buffer[:60].decode("latin-1"))
                self.crowd.settled(self)
                return
            del self.buffer[: end + 4]
            if self.crowd.greets:
                self.hello()
            else:
                self.crowd.settled(self)
        self._read_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self.crowd.lost(self)

    def hello(self) -> None:
        resume = {"resume": {"epoch": self.epoch, "seq": self.seq}} if self.epoch else {}
        self.send({"t": "hello", "v": 1, "lane": self.lane, "lang": "en", **resume})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message, separators=(",", ":")).encode()
        mask = b"\0\0\0\0"  # a mask of noughts is a mask
        head = bytes([0x81, 0x80 | len(body)]) if len(body) < 126 else b"\x81" + struct.pack("!BH", 0xFE, len(body))
        if self.transport is not None:
            self.transport.write(head + mask + body)

    def _read_frames(self) -> None:
        buffer, at = self.buffer, 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1] & 0x7F, at + 2
            if length == 126:
                if len(buffer) - at < 4:
                    break
                length, start = struct.unpack_from("!H", buffer, at + 2)[0], at + 4
            elif length == 127:
                if len(buffer) - at < 10:
                    break
                length, start = struct.unpack_from("!Q", buffer, at + 2)[0], at + 10
            if len(buffer) - start < length:
                break
            self._frame(buffer[at] & 0x0F, buffer, start, length)
            at = start + length
        if at:
            del buffer[:at]

    def _frame(self, kind: int, buffer: bytearray, start: int, length: int) -> None:
        if kind == 8:
            self.close_code = struct.unpack_from("!H", buffer, start)[0] if length >= 2 else 1005
        elif kind == 9 and self.transport is not None:
            self.transport.write(b"\x8a\x80\0\0\0\0")
        elif kind == 1:
            self.frames += 1
            self.octets += length
            if self.crowd.greets and (self.reads or not self.whole):
                self._take(json.loads(bytes(buffer[start : start + length])))

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["t"]
        if kind == "welcome":
            if frame.get("mode") == "resumed":
                self._is_whole()
        elif kind == "snap":
            self.epoch, self.seq = frame["epoch"], frame["seq"]
            self._is_whole()
        elif kind == "u":
            self._update(frame)
        elif kind in ("ok", "err"):
            self.crowd.answered(self, frame)

    def _update(self, frame: dict[str, Any]) -> None:
        if "from" in frame:
            if frame["to"] <= self.seq:
                self.faults.append(f"{frame['from']}..{frame['to']} came again after {self.seq}")
            elif frame["from"] != self.seq + 1:
                self.faults.append(f"{frame['from']} came after {self.seq}")
            self.seq = max(self.seq, frame["to"])
        if self.reads:
            self.crowd.seen(frame.get("st") or {})

    def _is_whole(self) -> None:
        if not self.whole:
            self.whole = True
            self.crowd.settled(self)


@dataclass
class Worker:
    """The crowd's own process."""

    host: str = ""
    port: int = 0
    greets: bool = True
    sockets: list[Socket] = field(default_factory=list)
    voters: list[Socket] = field(default_factory=list)
    deaf: list[Any] = field(default_factory=list)
    joined: array = field(default_factory=lambda: array("d"))
    awaited: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[str, tuple[float, int, int]] = field(default_factory=dict)
    due: dict[int, list[float]] = field(default_factory=dict)
    shown: Counter = field(default_factory=Counter)
    latencies: array = field(default_factory=lambda: array("d"))
    acknowledged: list[str] = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)

    # what sockets tell

    def settled(self, socket: Socket) -> None:
        self.joined.append(time.monotonic() - socket.started)
        self.awaited -= 1
        if self.awaited <= 0:
            self.done.set()

    def lost(self, socket: Socket) -> None:
        if not socket.whole and self.awaited > 0 and self.greets:
            self.settled(socket)

    def answered(self, socket: Socket, frame: dict[str, Any]) -> None:
        known = self.sent.pop(frame.get("id", ""), None)
        if known is None:
            return
        if frame["t"] == "ok":
            self.acknowledged.append(frame["id"])
        else:
            self.refused[frame["code"]] += 1

    def seen(self, state: dict[str, Any]) -> None:
        """A screen shows a count: every vote up to it is on it."""
        now = time.monotonic()
        for key, value in state.items():
            if not key.startswith("q.") or not isinstance(value, int):
                continue
            question = int(key.split(".")[1])
            times, shown = self.due.get(question, ()), self.shown[question]
            self.latencies.extend(now - at for at in times[shown:value])
            self.shown[question] = max(shown, value)

    # what the parent asks

    async def connect(
        self, host: str, port: int, path: str, number: int, *, seconds: float, greets: bool = True, within: float = 60
    ) -> dict[str, Any]:
        """Open that many, spread over so many seconds; how long each took to a whole screen."""
        self.host, self.port, self.greets = host, port, greets
        self.joined, self.awaited = array("d"), number
        self.done.clear()
        began = time.monotonic()
        for n in range(number):
            ahead = began + seconds * n / number - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            await self._open(Socket(self, path=path, reads=n % max(1, number // SAMPLE) == 0), self.sockets)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.done.wait(), within)
        return {"joined": list(self.joined), "open": sum(s.whole or not greets for s in self.sockets if not s.gone)}

    async def _open(self, socket: Socket, kept: list[Socket]) -> Socket:
        loop = asyncio.get_running_loop()
        for attempt in range(40):
            try:
                await loop.create_connection(lambda: socket, "127.0.0.1", self.port)
                break
            except OSError:
                if attempt == 39:
                    raise
                await asyncio.sleep(0.1)
        kept.append(socket)
        return socket

    async def admit(self, path: str, cookies: Sequence[str], lane: str = "public") -> int:
        """Those who vote, or staff, each with a cookie of their own; answers how many are in."""
        self.awaited = len(cookies)
        self.done.clear()
        for cookie in cookies:
            await self._open(Socket(self, path=path, cookie=cookie, lane=lane, reads=True), self.voters)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.done.wait(), 60)
        return sum(voter.whole for voter in self.voters)

    async def go_deaf(self, path: str, number: int) -> int:
        """Viewers that never read again."""
        for _n in range(number):
            socket = await self._open(Socket(self, path=path), [])
            await asyncio.sleep(0.3)
            if socket.transport is not None:
                socket.transport.pause_reading()
            self.deaf.append(socket)
        return len(self.deaf)

    async def listen(self, seconds: float) -> dict[str, Any]:
        """Frames per viewer and second meanwhile."""
        before = [s.frames for s in self.sockets]
        began = time.monotonic()
        await asyncio.sleep(seconds)
        spent = time.monotonic() - began
        frames = [s.frames - b for s, b in zip(self.sockets, before, strict=True)]
        return {"frames": sum(frames), "most": max(frames, default=0) / spent, "seconds": spent, "lost": self._lost()}

    async def vote(self, questions: Sequence[int], per_second: float, seconds: float, first: int = 0) -> dict[str, Any]:
        """Upvotes at that pace, each voter from the ``first`` on, once a question; how long until a screen showed each."""
        self.latencies, self.acknowledged, self.refused, self.sent = array("d"), [], Counter(), {}
        self.due, self.shown = {q: [] for q in questions}, Counter()
        pairs = [(voter, q) for q in questions for voter in self.voters[first:]]
        random.Random(4).shuffle(pairs)
        pairs = pairs[: int(per_second * seconds)]
        before = [s.frames for s in self.sockets]
        began = time.monotonic()
        for n, (voter, question) in enumerate(pairs):
            ahead = began + n / per_second - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            self._upvote(voter, question, n)
        spent = time.monotonic() - began
        until = time.monotonic() + 10
        while self.sent and time.monotonic() < until:  # noqa: ASYNC110  ten times a second is often enough
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.6)
        frames = [s.frames - b for s, b in zip(self.sockets, before, strict=True)]
        return {
            "sent": len(pairs),
            "acknowledged": len(self.acknowledged),
            "refused": dict(self.refused),
            "unanswered": len(self.sent),
            "latencies": list(self.latencies),
            "frames_per_second": max(frames, default=0) / (spent + 0.6),
            "mean_frames_per_second": sum(frames) / max(1, len(frames)) / (spent + 0.6),
            "lost": self._lost(),
        }

    def _upvote(self, voter: Socket, question: int, number: int) -> None:
        command = f"bench-{os.getpid()}-{number}-{question}"
        now = time.monotonic()
        self.sent[command] = (now, question, number)
        self.due[question].append(now)
        voter.send({"t": "cmd", "id": command, "op": "upvote.set", "d": {"question": question, "on": True}})

    async def announce(self, number: int, per_second: float) -> int:
        """The first of the voters is staff: they say something, so often."""
        staff = self.voters[0]
        for n in range(number):
            command = f"announce-{os.getpid()}-{time.monotonic_ns()}-{n}"
            self.sent[command] = (time.monotonic(), 0, n)
            staff.send({"t": "cmd", "id": command, "op": "announce", "d": {"text": f"Announcement {n}"}})
            await asyncio.sleep(1 / per_second)
        return number

    async def survive(self, path: str, seconds: float) -> dict[str, Any]:
        """Reconnect whoever was cut off, as a page does: within 4 seconds at random, resuming where they were."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            cut = [s for s in self.sockets if s.gone]
            if not cut and all(s.whole for s in self.sockets):
                break
            await asyncio.gather(*(self._again(path, s) for s in cut))
            await asyncio.sleep(0.1)
        return {"seconds": time.monotonic() - began, "live": sum(s.whole and not s.gone for s in self.sockets)}

    async def _again(self, path: str, old: Socket) -> None:
        await asyncio.sleep(random.uniform(0, 1.5))
        new = Socket(self, path=path, reads=True)
        new.epoch, new.seq, new.faults = old.epoch, old.seq, old.faults
        try:
            await asyncio.get_running_loop().create_connection(lambda: new, "127.0.0.1", self.port)
        except OSError:
            return
        self.sockets[self.sockets.index(old)] = new

    async def tell(self) -> dict[str, Any]:
        """What the viewers know."""
        return {
            "seqs": [s.seq for s in self.sockets],
            "epochs": sorted({s.epoch for s in self.sockets}),
            "faults": [fault for s in [*self.sockets, *self.voters] for fault in s.faults][:10],
            "acknowledged": list(self.acknowledged),
            "codes": dict(Counter(s.close_code for s in self.sockets if s.gone)),
        }

    async def read_all(self) -> int:
        """From now on everybody reads what they get."""
        for socket in self.sockets:
            socket.reads = True
        return len(self.sockets)

    async def leave(self) -> int:
        everybody = [*self.sockets, *self.voters, *self.deaf]
        for socket in everybody:
            if socket.transport is not None:
                socket.transport.abort()
        self.sockets, self.voters, self.deaf = [], [], []
        await asyncio.sleep(0.3)
        return len(everybody)

    def _lost(self) -> int:
        return sum(s.gone for s in self.sockets)

    async def acknowledge(self) -> None:
        """Every viewer says now and then that it is there."""
        while True:
            await asyncio.sleep(1)
            for n, socket in enumerate([*self.sockets, *self.voters]):
                if self.greets and socket.whole and not socket.gone and (n + int(time.monotonic())) % ACK_EVERY == 0:
                    socket.send({"t": "ack", "seq": socket.seq})


def _serve(pipe: Connection) -> None:
    async def work() -> None:
        worker, loop = Worker(), asyncio.get_running_loop()
        keeping = loop.create_task(worker.acknowledge())
        running: set[asyncio.Task[Any]] = set()
        while True:
            call = await loop.run_in_executor(None, pipe.recv)
            if call is None:
                break
            number, name, given = call
            task = loop.create_task(_answer(pipe, worker, number, name, given))
            running.add(task)
            task.add_done_callback(running.discard)
        keeping.cancel()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work())


async def _answer(pipe: Connection, worker: Worker, number: int, name: str, given: dict[str, Any]) -> None:
    try:
        pipe.send((number, True, await getattr(worker, name)(**given)))
    except Exception as fault:
        pipe.send((number, False, f"{type(fault).__name__}: {fault}"))


class Crowd:
    """The parent's end."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        self._number = 0
        self._answers: dict[int, tuple[bool, Any]] = {}

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(None)
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def begin(self, name: str, **given: Any) -> int:
        """Have it do something while we do something else; :meth:`result` waits for it."""
        self._number += 1
        self._pipe.send((self._number, name, given))
        return self._number

    def result(self, number: int, within: float = 180) -> Any:
        until = time.monotonic() + within
        while number not in self._answers:
            if not self._pipe.poll(max(0.0, until - time.monotonic())):
                raise TimeoutError("the crowd does not answer")
            got, fine, answer = self._pipe.recv()
            self._answers[got] = (fine, answer)
        fine, answer = self._answers.pop(number)
        if not fine:
            raise RuntimeError(answer)
        return answer

    def call(self, name: str, **given: Any) -> Any:
        return self.result(self.begin(name, **given))
