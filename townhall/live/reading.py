"""Frames as clients send them, read and judged."""

from __future__ import annotations

from typing import Any

import msgspec

from townhall.rules.commands import MOST_DEPTH, depth_of


class BadFrame(ValueError):
    """What no client of this protocol sends; ``command_id`` where it has one that can be read."""

    def __init__(self, why: str, command_id: str = "") -> None:
        self.command_id = command_id
        super().__init__(why)


class Resume(msgspec.Struct):
    epoch: str = ""
    seq: int = -1


class Hello(msgspec.Struct):
    """The first frame; again whenever the client finds that it has missed something."""

    v: int = 1
    lane: str = "public"
    resume: Resume | None = None
    lang: str = ""
    caps: list[str] = []


class Ack(msgspec.Struct):
    seq: int


class Command(msgspec.Struct):
    """A command as far as its id; the rest is read where it is carried out."""

    id: str = ""


class _Kind(msgspec.Struct):
    t: str = ""


_SHAPES: dict[str, Any] = {"hello": Hello, "ack": Ack, "cmd": Command}


def read(message: Any) -> Hello | Ack | Command:
    """One message of the socket; raises :class:`BadFrame`."""
    text = message.get("text")
    if text is None:
        raise BadFrame("frames are text")
    if depth_of(text) > MOST_DEPTH:
        raise BadFrame("it is nested too deeply")
    try:
        kind = msgspec.json.decode(text, type=_Kind).t
        shape = _SHAPES.get(kind)
        if shape is not None:
            frame: Hello | Ack | Command = msgspec.json.decode(text, type=shape)
            return frame
    except (msgspec.DecodeError, RecursionError, UnicodeError) as wrong:
        raise BadFrame(str(wrong)[:120]) from wrong
    raise BadFrame("unknown t")
