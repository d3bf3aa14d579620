"""A stranger's client, written from docs/live-protocol.md alone: no cookie, no origin, the bare library."""

from __future__ import annotations

import json
from typing import Any

from websockets.sync.client import connect

from tests.site import RunningSite
from tests.townhall.live.following import happens, meeting
from townhall.service.log import Happening


class Client:
    """The page's "Keeping up", step by step."""

    def __init__(self, address: str) -> None:
        self.socket = connect(address)
        self.epoch, self.seq = "", 0
        self.questions: dict[int, dict[str, Any]] = {}
        self.keys: dict[str, Any] = {}

    def hello(self) -> None:
        words: dict[str, Any] = {"t": "hello", "v": 1}
        if self.epoch:
            words["resume"] = {"epoch": self.epoch, "seq": self.seq}
        self.socket.send(json.dumps(words))

    def step(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        if frame["t"] == "snap":
            self.epoch, self.seq = frame["epoch"], frame["seq"]
            self.questions = {q["id"]: q for q in frame["state"]["questions"]}
            self.keys = {key: value for key, value in frame["state"].items() if "." in key}
        elif frame["t"] == "u":
            self.update(frame)
        return frame

    def update(self, frame: dict[str, Any]) -> None:
        if "from" in frame and frame["to"] > self.seq:
            if frame["from"] != self.seq + 1:
                self.hello()
                return
            for event in frame["ev"]:
                if event["k"].startswith("question.") and event["id"] is not None:
                    self.questions.pop(event["id"], None)
                    if not event.get("gone"):
                        self.questions[event["id"]] = event
            self.seq = frame["to"]
        self.keys |= frame.get("st", {})


def test_a_stranger_follows_a_hall_and_comes_back_to_it(sqlite_site: RunningSite) -> None:
    town = meeting(sqlite_site)
    hall = town.hall()
    first, second = town.question(hall, "First?"), town.question(hall, "Second?")
    client = Client(f"ws://127.0.0.1:{sqlite_site.port}/townhalls/{hall}/ws")
    client.hello()
    while not client.epoch:
        client.step()
    assert {q["text"] for q in client.questions.values()} == {"First?", "Second?"}
    assert client.keys[f"q.{first}.v"] == 0
    town.send(hall, town.staff(town.ben), "question.hide", question=first, reason="offensive")
    while first in client.questions:
        client.step()
    client.socket.close()
    happens(sqlite_site, hall, Happening("slow.set"))
    again = Client(f"ws://127.0.0.1:{sqlite_site.port}/townhalls/{hall}/ws")
    again.epoch, again.seq, again.questions = client.epoch, client.seq, client.questions
    again.hello()
    assert again.step()["mode"] == "resumed"
    while again.seq == client.seq:
        again.step()
    assert list(again.questions) == [second]
    again.socket.send(
        json.dumps({"t": "cmd", "id": "stranger-1", "op": "upvote.set", "d": {"question": second, "on": True}})
    )
    while (said := again.step())["t"] != "err":
        pass
    assert said["code"] == "registration_needed"
    again.socket.close()
