"""Somebody who follows a hall over a socket, as a page's script does: one frame after another, nothing kept for them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.core.security import sessions
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall import identity
from townhall.model import Ticket
from townhall.service import log
from townhall.service.log import Happening

Frame = dict[str, Any]
PATIENCE = 20.0  # seconds; whoever is heard waits for none of it


class Line:
    """One socket. What it has received and nobody asked for yet waits in ``frames``."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.state: Frame = {}
        self.epoch, self.seq = "", -1

    def hello(self, lane: str = "public", resume: tuple[str, int] | None = None, **more: Any) -> Frame:
        """Answers the welcome; the whole or the update after it has been taken in, too."""
        words: Frame = {"t": "hello", "v": 1, "lane": lane} | more
        if resume:
            words["resume"] = {"epoch": resume[0], "seq": resume[1]}
        self.send(words)
        welcome = self.next("welcome")
        self.epoch = welcome["epoch"]
        if welcome["mode"] == "snapshot":
            self.take(self.next("snap"))
        return welcome

    def send(self, words: Any) -> None:
        self.socket.send(msgspec.json.encode(words).decode() if isinstance(words, dict) else words)

    def command(self, op: str, *, command_id: str = "", **d: Any) -> Frame:
        """Its ``ok`` or ``err``."""
        command_id = command_id or secrets.token_hex(8)
        self.send({"t": "cmd", "id": command_id, "op": op, "d": d})
        return self.until(lambda f: f["t"] in ("ok", "err") and f["id"] == command_id)

    def ack(self) -> None:
        self.send({"t": "ack", "seq": self.seq})

    def receive(self, patience: float = PATIENCE) -> Frame:
        return self.take(msgspec.json.decode(self.socket.recv(timeout=patience)))

    def take(self, frame: Frame) -> Frame:
        if frame["t"] == "snap":
            self.state, self.seq = frame["state"], frame["seq"]
        elif frame["t"] == "u":
            if "to" in frame:
                assert self.seq < 0 or frame["from"] <= self.seq + 1, f"a hole before {frame['from']}: {self.seq}"
                self.seq = frame["to"]
            self.state |= frame.get("st", {})
        return frame

    def until(self, wanted: Callable[[Frame], bool], patience: float = PATIENCE) -> Frame:
        """The first such frame, of those that came already and those that come; the others stay."""
        for at, frame in enumerate(self.frames):
            if wanted(frame):
                return self.frames.pop(at)
        end = time.monotonic() + patience
        while True:
            frame = self.receive(max(0.01, end - time.monotonic()))
            if wanted(frame):
                return frame
            self.frames.append(frame)

    def next(self, kind: str, patience: float = PATIENCE) -> Frame:
        return self.until(lambda f: f["t"] == kind, patience)

    def event(self, kind: str, patience: float = PATIENCE) -> Frame:
        """The first event of this kind, from whichever frame."""
        frame = self.until(lambda f: any(e["k"] == kind for e in f.get("ev", ())), patience)
        return next(e for e in frame["ev"] if e["k"] == kind)

    def key(self, name: str, value: Any, patience: float = PATIENCE) -> None:
        """Wait until the state says so."""
        end = time.monotonic() + patience
        while self.state.get(name) != value:
            self.frames.append(self.receive(max(0.01, end - time.monotonic())))

    def close_code(self, patience: float = PATIENCE) -> int:
        """Read on until it is over; the code, which the ``bye`` before it said too."""
        said = None
        try:
            while True:
                frame = self.receive(patience)
                self.frames.append(frame)
                said = frame["code"] if frame["t"] == "bye" else said
        except ConnectionClosed as over:
            code = over.rcvd.code if over.rcvd else 1006
        assert said in (None, code), (said, code)
        return code

    @property
    def words(self) -> str:
        """Everything that is kept, to look for what must not be there."""
        return msgspec.json.encode([self.frames, self.state]).decode()


@contextmanager
def following(
    site: RunningSite, hall: int, *, cookies: str = "", origin: str | None = "ours", **how: Any
) -> Iterator[Line]:
    """A socket that has said nothing yet."""
    headers = {"Cookie": cookies} if cookies else {}
    address = f"ws://127.0.0.1:{site.port}/townhalls/{hall}/ws"
    how = {"subprotocols": ["townsquare-live.v1"], "compression": None} | how
    with connect(
        address, origin=site.base if origin == "ours" else origin, additional_headers=headers, close_timeout=1, **how
    ) as socket:
        yield Line(socket)


def browser_of(site: RunningSite, hall: int, participant: int) -> str:
    """The cookie of a browser that is this participant's."""
    secret, now = identity.new_secret(), site.town.now
    ticket = identity.ticket(secret, hall, site.town.keys)

    def store(db: Any) -> None:
        db.add(Ticket(hall_id=hall, key=ticket, participant_id=participant, at=now))

    site.town.database.retrying(store)
    return f"townsquare-hall={secret}"


def session_of(site: RunningSite, account: int) -> str:
    """The cookie of a living session."""
    token = site.town.database.retrying(
        lambda db: sessions.begin(db, account, sessions.STAFF, site.town.now, strong=True)
    )
    return f"townsquare={token}"


def happens(site: RunningSite, hall: int, *happenings: Happening, change: Callable[[Any], None] | None = None) -> None:
    """Something is committed with its events, as a command would."""

    def do(db: Any) -> None:
        if change:
            change(db)
        log.append(db, hall, happenings, site.town.now)

    site.town.database.retrying(do)


def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town)
