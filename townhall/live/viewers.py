"""One connection that follows a hall: where it is, and how it is sent something without anybody waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from townhall.live import frames
from townhall.live.frames import Frame
from townhall.service.commanding import Sender

Send = Callable[[Any], Awaitable[None]]
Step = Coroutine[Any, Any, None]


class Viewer:
    """``seq`` and ``tick``: what it was given last. ``busy``: a send of it waits for its network.

    ``streams``: over server-sent events. ``caught_up`` is called with it once a send that had to wait is through.
    """

    __slots__ = (
        "__weakref__",
        "_marked",
        "_task",
        "_transport",
        "_wire",
        "busy",
        "caught_up",
        "conn",
        "ended",
        "heard_at",
        "me_due",
        "send",
        "sender",
        "sent_at",
        "seq",
        "since",
        "streams",
        "tick",
    )

    def __init__(
        self,
        send: Send,
        sender: Sender,
        conn: str,
        now: float,
        *,
        streams: bool = False,
        transport: Any = None,
        wire: Wire | None = None,
        caught_up: Callable[[Viewer], None] = lambda _viewer: None,
    ) -> None:
        self.send, self.sender, self.conn, self.streams, self.caught_up = send, sender, conn, streams, caught_up
        self._transport, self._wire = transport, wire
        self.seq = self.tick = -1
        self.busy = self.me_due = False
        self.since = 0.0
        self.heard_at = self.sent_at = now
        #: the close code, once it is over
        self.ended = 0
        #: a number that was sent and not acknowledged yet, and when
        self._marked: tuple[int, float] | None = None
        self._task: asyncio.Task[None] | None = None

    def give(self, frame: Frame, now: float) -> None:
        """Send it; what cannot leave at once goes on by itself, and until then this viewer is busy."""
        if (wire := self._wire) is not None and wire.is_free():
            wire.transport.write(frame.wire)
            self.sent_at = now
            return
        self.push(frame.streamed if self.streams else frame.event, now)

    def push(self, message: Any, now: float) -> None:
        step: Step = self.send(message)  # type: ignore[assignment]
        try:
            waits = step.send(None)
        except StopIteration:
            self.sent_at = now
        except Exception:  # it has gone; its own handler finds that out
            self.ended = self.ended or 1006
        else:
            self.busy, self.since = True, now
            self._task = asyncio.get_running_loop().create_task(self._finish(step, waits))

    async def _finish(self, step: Step, waits: Any) -> None:
        """The rest of a send that has begun outside any task."""
        try:
            await _Rest(step, waits)
        except Exception:
            self.ended = self.ended or 1006
            return
        finally:
            self.busy = False
            self._task = None
        self.sent_at = asyncio.get_running_loop().time()
        if not self.ended:
            self.caught_up(self)

    def sent_events(self, now: float) -> None:
        """Noted when it was given events up to ``seq``: it is expected to acknowledge them."""
        if self._marked is None:
            self._marked = (self.seq, now)

    def acknowledged(self, seq: int, now: float) -> None:
        if self._marked is not None and seq >= self._marked[0]:
            self._marked = None if seq >= self.seq else (self.seq, now)

    def lag(self, now: float) -> float:
        """Seconds since it was sent something that it has not acknowledged."""
        return now - self._marked[1] if self._marked is not None else 0.0

    def end(self, code: int, reason: str, now: float, retry_ms: int | None = None) -> None:
        """Say goodbye and close. Who does not even take that is cut off."""
        if self.ended:
            return
        self.ended = code
        if self.busy:
            self.cut()
            return
        self.give(frames.bye(code, reason, retry_ms), now)
        if self.busy:
            self.cut()
        elif self.streams:
            self.push({"type": "http.response.body", "body": b"", "more_body": False}, now)
        else:
            self.push({"type": "websocket.close", "code": code, "reason": reason}, now)

    def cut(self) -> None:
        """Drop the connection with whatever waits in it; a server's ordinary close waits until it has all left."""
        if self._task is not None:
            self._task.cancel()
        cut(self._transport)


def transport_of(receive: Any) -> Any:
    """The connection behind a raw ASGI channel of uvicorn's, or None: what it closes otherwise waits for its reader."""
    return getattr(getattr(receive, "__self__", None), "transport", None)


def cut(transport: Any) -> None:
    """Drop it with whatever waits in it."""
    if transport is not None:
        with suppress(Exception):
            transport.abort()


class Wire:
    """uvicorn's own connection behind a socket, for frames that thousands get: each is put together once.

    uvicorn puts a frame together anew for every connection, two thirds of what sending one costs. Only a connection
    that is open, takes more and has no extensions is written to; whatever else it is, its ``send`` is asked.
    """

    __slots__ = ("_protocol", "transport")

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        self._protocol, self.transport = protocol, protocol.transport

    @classmethod
    def of(cls, receive: Any) -> Wire | None:
        """None behind any other server."""
        protocol = getattr(receive, "__self__", None)
        return (
            cls(protocol) if isinstance(protocol, WebSocketsSansIOProtocol) and not protocol.conn.extensions else None
        )

    def is_free(self) -> bool:
        protocol = self._protocol
        return (
            protocol.conn.state is State.OPEN
            and protocol.writable.is_set()
            and not protocol.close_sent
            and not protocol.disconnected
        )


class _Rest:
    """Awaits a coroutine from the middle: the future it waits for first is known already."""

    def __init__(self, step: Step, waits: Any) -> None:
        self._step, self._waits = step, waits

    def __await__(self) -> Generator[Any, Any, None]:
        waits = self._waits
        while True:
            try:
                given = yield waits
            except BaseException as thrown:
                act: Callable[[], Any] = lambda thrown=thrown: self._step.throw(thrown)  # type: ignore[misc]
            else:
                act = lambda given=given: self._step.send(given)  # type: ignore[misc]
            try:
                waits = act()
            except StopIteration:
                return
