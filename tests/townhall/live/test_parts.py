"""Parts of a live hall by themselves: allowances, and a send that is stepped by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from townhall.live.allowances import Allowances
from townhall.live.frames import Frame
from townhall.live.reading import BadFrame, Hello, read
from townhall.live.viewers import Viewer
from townhall.rules.commands import RateLimited
from townhall.service.commanding import Sender

GIL = b"gil"


def test_two_questions_at_once_and_then_one_in_thirty_seconds() -> None:
    now = 0.0
    allowances = Allowances(lambda: now)
    allowances.spend(GIL, "ask")
    allowances.spend(GIL, "ask")
    with pytest.raises(RateLimited) as refused:
        allowances.spend(GIL, "ask")
    assert refused.value.retry_ms == 30_000
    allowances.spend(b"hana", "ask")
    now = 31.0
    allowances.spend(GIL, "ask")
    with pytest.raises(RateLimited):
        allowances.spend(GIL, "ask")
    allowances.give_back(GIL, "ask")
    allowances.spend(GIL, "ask")


def test_everything_counts_towards_anything() -> None:
    allowances = Allowances(lambda: 0.0)
    for _ in range(20):
        allowances.spend(GIL, "vote")
    with pytest.raises(RateLimited):
        allowances.spend(GIL, "vote")
    for _ in range(10):
        allowances.spend(GIL, "any")
    with pytest.raises(RateLimited):
        allowances.spend(GIL, "react")


def test_a_send_that_has_to_wait_goes_on_by_itself_and_nobody_waits_for_it() -> None:
    async def story() -> None:
        free, sent, caught = asyncio.Event(), [], []

        async def send(message: Any) -> None:
            await free.wait()
            await asyncio.sleep(0)
            sent.append(message)

        viewer = Viewer(send, Sender(), "c1", 0.0, caught_up=caught.append)
        viewer.give(Frame(b"{}"), 1.0)
        assert viewer.busy
        await asyncio.sleep(0)
        assert not sent
        free.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert [message["text"] for message in sent] == ["{}"]
        assert not viewer.busy
        assert caught == [viewer]

    asyncio.run(story())


def test_a_send_that_fails_while_it_waits_ends_the_viewer() -> None:
    async def story() -> None:
        async def send(_message: Any) -> None:
            await asyncio.sleep(0)
            raise OSError("gone")

        viewer = Viewer(send, Sender(), "c1", 0.0)
        viewer.give(Frame(b"{}"), 1.0)
        for _ in range(5):
            await asyncio.sleep(0)
        assert viewer.ended
        assert not viewer.busy

    asyncio.run(story())


@pytest.mark.parametrize("text", ["", "null", '{"t":"ack"}', '{"t":"ack","seq":"x"}', "[" * 50 + "]" * 50, '{"t":1}'])
def test_frames_that_make_no_sense_are_told_apart(text: str) -> None:
    with pytest.raises(BadFrame):
        read({"text": text})


def test_what_a_newer_client_says_beside_it_is_left_alone() -> None:
    hello = read({"text": '{"t":"hello","v":1,"resume":{"epoch":"a","seq":3,"more":1},"later":[1]}'})
    assert isinstance(hello, Hello)
    assert hello.resume is not None
    assert hello.resume.seq == 3
