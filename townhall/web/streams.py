"""The same hall without a socket: its records as an event stream, its state to ask for, commands to post."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from app.accounts.guards import anyone
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.web.edge import read_body as read_bytes
from townhall.live import frames
from townhall.live.carrying import carry_out
from townhall.live.entering import Admitted, Refused, admit, check_lane, halls_of, knock
from townhall.live.frames import Frame
from townhall.live.reading import Command
from townhall.live.senders import sender_of
from townhall.live.viewers import Viewer, transport_of
from townhall.queries.showing import PUBLIC_LANE, instant
from townhall.rules.commands import UNREADABLE, read_body
from townhall.rules.lifecycle import READABLE
from townhall.service.commanding import Sender

log = logging.getLogger("townsquare.halls")
JSON = "application/json"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies pass it on as it comes
    (b"content-encoding", b"identity"),
]


@get("/townhalls/{hall_id:int}/events", name="townhalls.events", guards=[anyone])
async def events(request: Request[Any, Any, Any], hall_id: FromPath[int]) -> ASGIApp:
    """Each record is a frame of the socket; the id of each is ``epoch:seq``. ``lane``; ``epoch`` and ``seq``, or
    ``Last-Event-ID``: from where on."""
    return Stream(request, hall_id)


class Stream:
    """An answer that stays open as long as its reader does."""

    status_code = 200

    def __init__(self, request: Request[Any, Any, Any], hall_id: int) -> None:
        self.request, self.hall_id = request, hall_id

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send(_part(b"retry: 2000\n\n"))
        seat = viewer = None
        try:
            knock(self.request)
            seat = await admit(self.request, self.hall_id, self.request.query_params.get("lane", PUBLIC_LANE))
            viewer = await self._begin(seat, receive, send)
            while (await receive())["type"] != "http.disconnect":
                pass
        except Refused as refused:
            await send(_record(frames.bye(refused.code, refused.reason, refused.retry_ms)))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if seat is not None and viewer is not None:
                seat.hall.remove(seat.lane, viewer)

    async def _begin(self, seat: Admitted, receive: Any, send: Any) -> Viewer:
        hall, lane = seat.hall, seat.lane
        epoch, seq = self._position()
        await hall.refreshed(epoch, seq)
        now = asyncio.get_running_loop().time()
        viewer = Viewer(send, seat.sender, secrets.token_hex(4), now, streams=True, transport=transport_of(receive))
        if hall.tabs_of(viewer) >= hall.halls.policy.tabs_most:
            raise Refused(4409, "too many tabs")
        if resumed := lane.can_resume(epoch, seq):
            viewer.seq = seq
        welcome = frames.welcome(
            hall.halls.policy,
            conn=viewer.conn,
            epoch=lane.epoch,
            seq=lane.flushed,
            resumed=resumed,
            me=seat.me,
            now=str(instant(hall.halls.clock.now())),
            slow=hall.things.hall.get("slow", 0),
        )
        await send(_record(welcome))
        hall.add(lane, viewer)
        return viewer

    def _position(self) -> tuple[str, int]:
        """Where the reader's stream broke off, or where their page stands."""
        asked = self.request.query_params
        told = self.request.headers.get("last-event-id", "") or f"{asked.get('epoch', '')}:{asked.get('seq', '')}"
        epoch, _colon, seq = told.rpartition(":")
        return (epoch, int(seq)) if seq.isdecimal() and len(seq) < 19 else ("", -1)


@get("/townhalls/{hall_id:int}/state", name="townhalls.state", guards=[anyone], answers_json=True)
async def state(request: Request[Any, Any, Any], hall_id: FromPath[int]) -> Response[bytes]:
    """The whole as it is now, as one ``snap`` frame; 304 while it is as the asker knows it. ``me=1``: what the hall
    knows of the asker, too."""
    halls = halls_of(request.app.state)
    lane, personal = request.query_params.get("lane", PUBLIC_LANE), "me" in request.query_params
    sender = await sender_of(request, hall_id) if personal or lane != PUBLIC_LANE else Sender()
    try:
        check_lane(request.app.state, sender, lane)
    except Refused as refused:
        raise (NotFound if refused.code == 4400 else Forbidden) from refused
    found = await halls.find(hall_id)
    if found is None or found.things.hall.get("state") not in READABLE:
        raise NotFound
    if personal:
        return await _personal(request, hall_id, lane, sender)
    here = found.lanes[lane]
    tag = f'"{here.epoch}:{here.flushed}:{here.tick}"'
    headers = {"etag": tag, "cache-control": "no-cache" if lane == PUBLIC_LANE else "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(here.snapshot().text.encode(), media_type=JSON, headers=headers)


async def _personal(request: Request[Any, Any, Any], hall_id: int, lane: str, sender: Sender) -> Response[bytes]:
    halls = halls_of(request.app.state)
    (me,) = await halls.mine(hall_id, [sender])
    found = await halls.find(hall_id)
    if found is None:
        raise NotFound
    body = found.lanes[lane].snapshot().text.encode()
    whole = b'%s,"me":%s}' % (body[:-1], frames.encode(me))
    return Response(whole, media_type=JSON, headers={"cache-control": "no-store"})


@post("/townhalls/{hall_id:int}/commands", name="townhalls.commands", guards=[anyone], status_code=200)
async def command(request: Request[Any, Any, Any], hall_id: FromPath[int]) -> Response[bytes]:
    """One command, as the socket takes it; answered by its ``ok`` or ``err``, with the status that says the same."""
    app, command_id = request.app.state, ""
    try:
        raw = await read_bytes(request, halls_of(app).policy.frame_bytes)
        command_id = _id_of(raw)
        sent = read_body(raw)
        reply = await carry_out(app, hall_id, await sender_of(request, hall_id), sent)
    except Refusal as refusal:
        return _answer(frames.err(command_id, refusal), refusal.status, dict(refusal.headers))
    return _answer(frames.ok(sent.id, reply), 200, {})


def _id_of(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=Command).id
    except UNREADABLE:
        return ""


def _answer(thing: dict[str, Any], status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        frames.encode(thing), status_code=status, media_type=JSON, headers=headers | {"cache-control": "no-store"}
    )


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _record(frame: Frame) -> dict[str, Any]:
    return frame.streamed


HANDLERS = [events, state, command]
