"""What goes over the wire, encoded once for everybody who is sent the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.core.errors import Invalid, Refusal, TooMany, Unavailable
from townhall.policy import TownHallPolicy
from townhall.queries.showing import Thing
from townhall.rules.commands import RateLimited
from townhall.rules.operations import BUCKETS
from townhall.service.commanding import Reply

SUBPROTOCOL = "townsquare-live.v1"
VERSION = 1
encode = msgspec.json.encode


class Frame:
    """One frame, ready for each kind of connection. ``event`` is the socket's, shared by all who get it."""

    __slots__ = ("_position", "_streamed", "_wire", "event")

    def __init__(self, body: bytes, position: str = "") -> None:
        self.event = {"type": "websocket.send", "text": body.decode()}
        self._position = position
        self._streamed: dict[str, Any] | None = None
        self._wire = b""

    @property
    def text(self) -> str:
        return self.event["text"]

    @property
    def wire(self) -> bytes:
        """As it stands on a socket's wire: one text frame of a server, whole, without extensions (RFC 6455, 5.2)."""
        if not self._wire:
            body = self.text.encode()
            if (size := len(body)) < 126:
                head = bytes((0x81, size))
            elif size < 65_536:
                head = b"\x81\x7e" + size.to_bytes(2, "big")
            else:
                head = b"\x81\x7f" + size.to_bytes(8, "big")
            self._wire = head + body
        return self._wire

    @property
    def streamed(self) -> dict[str, Any]:
        """The same as a server-sent event; its id is where a client that lost its stream goes on."""
        if self._streamed is None:
            lead = f"id: {self._position}\n" if self._position else ""
            body = f"{lead}data: {self.text}\n\n".encode()
            self._streamed = {"type": "http.response.body", "body": body, "more_body": True}
        return self._streamed


def welcome(
    policy: TownHallPolicy, *, conn: str, epoch: str, seq: int, resumed: bool, me: Thing, now: str, slow: int
) -> Frame:
    return Frame(
        encode(
            {
                "t": "welcome",
                "v": VERSION,
                "conn": conn,
                "epoch": epoch,
                "seq": seq,
                "mode": "resumed" if resumed else "snapshot",
                "me": me,
                "now": now,
                "ping_s": policy.ping_seconds,
                "tick_ms": policy.tick_ms,
                "limits": _limits(policy, slow),
            }
        )
    )


def _limits(policy: TownHallPolicy, slow: int) -> Thing:
    return {
        "frame": policy.frame_bytes,
        "tabs": policy.tabs_most,
        "silence_s": policy.silence_seconds,
        "question": policy.question_most,
        "ask_s": max(slow, round(BUCKETS["ask"][1] / BUCKETS["ask"][0])),
        "vote_per_s": BUCKETS["vote"][0],
        "react_per_s": BUCKETS["react"][0],
        "any_per_s": BUCKETS["any"][0],
    }


def snapshot(epoch: str, seq: int, tick: int, state: Thing) -> Frame:
    body = encode({"t": "snap", "epoch": epoch, "seq": seq, "tick": tick, "state": state})
    return Frame(body, f"{epoch}:{seq}")


def update(epoch: str, seq: int, first: int | None, events: list[Thing], keys: Thing) -> Frame:
    """``first``: the number of the first event; None where counts alone have changed."""
    body: Thing = {"t": "u"}
    if first is not None:
        body |= {"from": first, "to": seq, "ev": events}
    if keys:
        body["st"] = keys
    return Frame(encode(body), f"{epoch}:{seq}")


def me(theirs: Thing) -> Frame:
    return Frame(encode({"t": "me", "me": theirs}))


def ping(number: int) -> Frame:
    return Frame(encode({"t": "ping", "n": number}))


def bye(code: int, reason: str, retry_ms: int | None = None) -> Frame:
    return Frame(encode({"t": "bye", "code": code, "reason": reason} | ({"retry_ms": retry_ms} if retry_ms else {})))


def ok(command_id: str, reply: Reply) -> Thing:
    said: Thing = {"t": "ok", "id": command_id, "d": reply.d}
    if reply.seq:
        said["seq"] = reply.seq
    if reply.dup:
        said["dup"] = True
    return said


def err(command_id: str, refusal: Refusal) -> Thing:
    """``temp``: the same command may succeed later. ``message`` is for people."""
    said: Thing = {
        "t": "err",
        "id": command_id,
        "code": refusal.code.replace("-", "_"),
        "temp": isinstance(refusal, TooMany | Unavailable),
        "message": refusal.sentence,
    }
    said |= _when(refusal)
    if isinstance(refusal, Invalid) and refusal.errors:
        said |= {"field": refusal.errors[0].field, "message": str(refusal.errors[0].message)}
    return said


def _when(refusal: Refusal) -> Mapping[str, int]:
    if isinstance(refusal, RateLimited):
        return {"retry_ms": refusal.retry_ms}
    if isinstance(refusal, TooMany | Unavailable):
        return {"retry_ms": refusal.retry_after * 1000}
    return {}


def fault(command_id: str, message: str) -> Thing:
    """A fault of ours: nothing was stored."""
    return {"t": "err", "id": command_id, "code": "fault", "temp": True, "message": message}
