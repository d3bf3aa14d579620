"""The driver against small servers in a thread of this process: what it counts must be what happened."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.driver import Plan, drive
from bench.wire import get

Answer = Callable[[int], bytes | None]


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """A server whose n-th request gets `answer(n)`; None closes the connection. Yields its port."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    seen = iter(range(10**9))
    ports: list[int] = []

    async def speak(reader, writer) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            reply = answer(next(seen))
            if reply is None:
                break
            writer.write(reply)
        writer.close()

    async def listen() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stopping.wait()
        server.close()

    stopping = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),), daemon=True)
    thread.start()
    started.wait(5)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(5)


def status(code: int) -> bytes:
    return f"HTTP/1.1 {code} X\r\ncontent-length: 2\r\n\r\nok".encode()


def requests(number: int) -> list[bytes]:
    return [get(f"/{index}", "127.0.0.1") for index in range(number)]


def test_a_list_is_sent_once_and_every_answer_is_kept_by_its_index():
    with answering(lambda n: status(303 if n % 2 else 200)) as port:
        tally = drive(Plan(port, requests(101), clients=7))
    assert tally.statuses == {200: 51, 303: 50}
    assert len(tally.latencies) == tally.sent == 101
    assert all(tally.answers)
    assert tally.per_second > 0


def test_a_cycled_list_is_sent_until_the_time_is_up():
    with answering(lambda n: status(200)) as port:
        tally = drive(Plan(port, requests(3), clients=4, seconds=0.2, cycle=True))
    assert tally.statuses[200] == tally.sent > 3
    assert 0.15 < tally.elapsed < 2


def test_a_lost_connection_is_counted_and_the_client_comes_back():
    with answering(lambda n: None if n == 5 else status(200)) as port:
        tally = drive(Plan(port, requests(50), clients=3))
    assert tally.broken == 1
    assert tally.statuses[200] == 49
    assert list(tally.answers).count(0) == 1


def test_a_server_that_is_gone_ends_the_run():
    with answering(lambda n: status(200)) as port:
        pass
    tally = drive(Plan(port, requests(5), clients=2))
    assert (tally.sent, tally.broken, tally.per_second) == (0, 0, 0)


def test_only_accepted_answers_reach_the_journal(tmp_path):
    journal = tmp_path / "journal"
    keys = [f"sign {index}" for index in range(20)]
    with answering(lambda n: status(503 if n < 5 else 303)) as port:
        tally = drive(Plan(port, requests(20), clients=1, journal=journal, keys=keys))
    assert journal.read_text().splitlines() == keys[5:]
    assert tally.acknowledged == 15


@pytest.mark.parametrize("broken", [b"nonsense\r\n\r\n", status(200) + b"more"])
def test_an_answer_that_is_not_http_is_a_broken_request(broken):
    with answering(lambda n: broken if n == 0 else status(200)) as port:
        tally = drive(Plan(port, requests(4), clients=1))
    assert (tally.broken, tally.statuses[200]) == (1, 3)
