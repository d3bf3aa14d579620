"""A hall over a socket: the handshake, the client's frames, replies. What the hall tells leaves from :mod:`townhall.live`."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from contextlib import suppress
from typing import Any

from litestar import WebSocket, websocket
from litestar.params import FromPath
from litestar.types import Receive, Send

from app.accounts.guards import anyone
from app.core.errors import Refusal
from app.core.i18n import _
from townhall.live import frames
from townhall.live.carrying import carry_out, entered
from townhall.live.entering import Admitted, Refused, admit, halls_of, knock
from townhall.live.frames import SUBPROTOCOL, VERSION, Frame
from townhall.live.reading import Ack, BadFrame, Command, Hello, Resume, read
from townhall.live.viewers import Viewer, Wire, cut, transport_of
from townhall.queries.showing import instant
from townhall.rules.commands import AuthExpired, Sent, read_body
from townhall.service.commanding import Sender

log = logging.getLogger("townsquare.halls")
#: commands of one connection that wait for their replies
MOST_IN_FLIGHT = 32
#: frames that make no sense, within so many seconds
MOST_BAD, BAD_WITHIN = 5, 60.0
#: seconds for the first frames to leave
PATIENCE = 10.0
FAULT = _("Something went wrong on our side. Nothing was stored: please try again.")


class RawSocket(WebSocket[Any, Any, Any]):
    """Litestar's socket without its wrappers: each frame to thousands would pass them thousands of times."""

    def receive_wrapper(self, receive: Receive) -> Receive:
        return receive

    def send_wrapper(self, send: Send) -> Send:
        return send


@websocket("/townhalls/{hall_id:int}/ws", name="townhalls.ws", guards=[anyone], websocket_class=RawSocket)
async def follow(socket: WebSocket[Any, Any, Any], hall_id: FromPath[int]) -> None:
    """Everyone may follow; without a cookie of ours one reads only."""
    await Conversation(socket, hall_id).run()


class Conversation:
    """One socket from its handshake to its end."""

    __slots__ = ("bad", "hall_id", "seat", "sending", "socket", "viewer", "waiting")

    def __init__(self, socket: WebSocket[Any, Any, Any], hall_id: int) -> None:
        self.socket, self.hall_id = socket, hall_id
        self.seat: Admitted | None = None
        self.viewer: Viewer | None = None
        self.waiting: deque[tuple[str, str]] | None = None
        self.sending: asyncio.Task[None] | None = None
        self.bad: list[float] | None = None

    async def run(self) -> None:
        try:
            if (await self.socket.receive())["type"] == "websocket.connect":
                await self._talk()
        except Refused as refused:
            await self._refuse(refused)
        except TimeoutError:  # it does not even take the first frames
            cut(transport_of(self.socket.receive))
        except (OSError, asyncio.CancelledError):
            pass  # it has gone, or the process ends
        except Exception:
            log.exception("a socket of hall %d failed", self.hall_id)
            await self._refuse(Refused(4503, "unavailable", 5000))
        finally:
            self._leave()

    async def _talk(self) -> None:
        offered = self.socket.scope.get("subprotocols") or []
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self.socket.send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
        knock(self.socket)
        if offered and chosen is None:
            raise Refused(4406, "unknown version")
        hello = await self._first()
        if hello is None:
            return
        await self._greet(hello)
        del hello
        while (message := await self.socket.receive())["type"] == "websocket.receive":
            await self._take(message)

    async def _first(self) -> Hello | None:
        policy = halls_of(self.socket.app.state).policy
        try:
            message = await asyncio.wait_for(self.socket.receive(), policy.hello_seconds)
        except TimeoutError:
            raise Refused(4408, "no hello") from None
        if message["type"] != "websocket.receive":
            return None
        try:
            frame = read(message)
        except BadFrame as wrong:
            raise Refused(4400, str(wrong)) from wrong
        if not isinstance(frame, Hello):
            raise Refused(4400, "hello comes first")
        return frame

    async def _greet(self, hello: Hello) -> None:
        """Welcome, and everything from the client's position on; the whole where that is not at hand."""
        if hello.v != VERSION:
            raise Refused(4406, "unknown version")
        self._leave()
        self.seat = seat = await admit(self.socket, self.hall_id, hello.lane)
        hall, lane = seat.hall, seat.lane
        resume = hello.resume or Resume()
        await hall.refreshed(resume.epoch, resume.seq)
        now = asyncio.get_running_loop().time()
        receive = self.socket.receive
        viewer = Viewer(
            self.socket.send,
            seat.sender,
            secrets.token_hex(4),
            now,
            transport=transport_of(receive),
            wire=Wire.of(receive),
        )
        if hall.tabs_of(viewer) >= hall.halls.policy.tabs_most:
            raise Refused(4409, "too many tabs")
        if resumed := lane.can_resume(resume.epoch, resume.seq):
            viewer.seq = resume.seq
        await self._send(self._welcome(viewer, resumed=resumed))
        seat.me = {}
        if hall.halls.ending:
            raise Refused(1012, "restart", 3000)
        self.viewer = viewer
        hall.add(lane, viewer)

    def _welcome(self, viewer: Viewer, *, resumed: bool) -> Frame:
        assert self.seat is not None
        hall, lane = self.seat.hall, self.seat.lane
        return frames.welcome(
            hall.halls.policy,
            conn=viewer.conn,
            epoch=lane.epoch,
            seq=lane.flushed,
            resumed=resumed,
            me=self.seat.me,
            now=str(instant(hall.halls.clock.now())),
            slow=hall.things.hall.get("slow", 0),
        )

    async def _take(self, message: Any) -> None:
        viewer = self.viewer
        if viewer is None or viewer.ended:
            return
        now = viewer.heard_at = asyncio.get_running_loop().time()
        try:
            frame = read(message)
        except BadFrame as wrong:
            self._note_bad(now)
            await self._send_thing(
                {"t": "err", "id": wrong.command_id, "code": "bad_frame", "temp": False, "message": str(wrong)}
            )
            return
        if isinstance(frame, Ack):
            viewer.acknowledged(frame.seq, now)
        elif isinstance(frame, Hello):
            await self._greet(frame)
        else:
            self._queue(frame, message["text"], now)

    def _note_bad(self, now: float) -> None:
        self.bad = [at for at in self.bad or () if now - at < BAD_WITHIN] + [now]
        if len(self.bad) >= MOST_BAD:
            raise Refused(4400, "bad frames")

    def _queue(self, frame: Command, text: str, now: float) -> None:
        """Commands of one connection are carried out in their order."""
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) >= MOST_IN_FLIGHT and self.viewer is not None:
            self.viewer.end(4429, "flooding", now, 5000)
            return
        self.waiting.append((frame.id, text))
        if self.sending is None:
            self.sending = asyncio.get_running_loop().create_task(self._carry_out_all())

    async def _carry_out_all(self) -> None:
        try:
            while self.waiting and self.viewer is not None and not self.viewer.ended:
                command_id, text = self.waiting[0]
                reply, over = await self._carry_out(self.viewer, command_id, text)
                with suppress(OSError):
                    await self._send_thing(reply)
                self.waiting.popleft()
                if over is not None and self.viewer is not None:
                    self.viewer.end(over.code, over.reason, asyncio.get_running_loop().time())
        finally:
            self.sending = None

    async def _carry_out(self, viewer: Viewer, command_id: str, text: str) -> tuple[dict[str, Any], Refused | None]:
        """The reply; and why the connection ends after it, where it does."""
        try:
            sent = read_body(text)
            sender = await self._entered(viewer, sent)
            reply = await carry_out(self.socket.app.state, self.hall_id, sender, sent, conn=viewer.conn)
        except AuthExpired as expired:
            return frames.err(command_id, expired), Refused(4401, "auth_expired")
        except Refusal as refusal:
            return frames.err(command_id, refusal), None
        except Exception:
            log.exception("a command to hall %d failed", self.hall_id)
            return frames.fault(command_id, str(FAULT)), None
        return frames.ok(sent.id, reply), None

    async def _entered(self, viewer: Viewer, sent: Sent) -> Sender:
        """In an open hall whoever does something becomes a participant; their tabs are counted together from then on."""
        sender = await entered(self.socket.app.state, self.hall_id, viewer.sender, sent)
        if sender != viewer.sender and self.seat is not None:
            self.seat.hall.became(viewer, sender)
        return sender

    async def _send_thing(self, thing: dict[str, Any]) -> None:
        await self._send(Frame(frames.encode(thing)))

    async def _send(self, frame: Frame) -> None:
        await asyncio.wait_for(self.socket.send(frame.event), PATIENCE)  # type: ignore[arg-type]

    async def _refuse(self, refused: Refused) -> None:
        """Said after the handshake alone: before it a browser learns nothing."""
        if self.viewer is not None:
            self.viewer.end(refused.code, refused.reason, asyncio.get_running_loop().time(), refused.retry_ms)
            return
        with suppress(Exception):
            await self._send(frames.bye(refused.code, refused.reason, refused.retry_ms))
            await self.socket.send({"type": "websocket.close", "code": refused.code, "reason": refused.reason})

    def _leave(self) -> None:
        if self.viewer is not None and self.seat is not None:
            self.seat.hall.remove(self.seat.lane, self.viewer)
        self.viewer = None


HANDLERS = [follow]
