"""One message over a real network, to receivers that behave well, badly, or not at all."""

from __future__ import annotations

import gzip
import itertools
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from app.core.clock import SystemClock
from app.webhooks.rules.answers import Fault
from app.webhooks.rules.targets import Ways
from app.webhooks.wire import MOST_ANSWER, Wire
from tests.app.webhooks.receivers import Receiver, answering, deaf, here, raw, receiving, wire_to

HEADERS = {"webhook-id": "msg_17", "webhook-timestamp": "1772452800", "webhook-signature": "v1,abc="}
BODY = '{"title":"Übergänge"}'.encode()
SOON = 0.5  # seconds, as the total for what hangs
IN_TIME, LONG = 5, 30  # seconds: how soon it was given up, and more than anybody needs who does answer
CLOCK = SystemClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def sent(receiver: Receiver, *, total: float = LONG):
    return wire_to(receiver.port, total=total).send(receiver.url, HEADERS, BODY)


def test_the_very_bytes_arrive_with_their_headers(receiver: Receiver):
    answer = sent(receiver)
    assert (answer.status, answer.fault) == (204, None)
    assert answer.milliseconds < 3_000
    [got] = receiver.got
    assert (got.path, got.body) == ("/hooks", BODY)
    assert HEADERS.items() <= got.headers.items()
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "cookie" not in got.headers
    assert "authorization" not in got.headers


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (200, None),
        (201, None),
        (299, None),
        (304, Fault.REDIRECT),
        (400, Fault.STATUS),
        (404, Fault.STATUS),
        (410, Fault.GONE),
        (429, Fault.STATUS),
        (500, Fault.STATUS),
        (503, Fault.STATUS),
    ],
)
def test_what_each_status_means(receiver: Receiver, status: int, fault: Fault | None):
    receiver.behave = answering(status, b"thanks, or not")
    answer = sent(receiver)
    assert (answer.status, answer.fault) == (status, fault)
    if status != 304:
        assert answer.excerpt == "thanks, or not"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_into_a_private_range_is_not_followed(receiver: Receiver, status: int):
    with receiving() as inner:
        receiver.behave = answering(status, Location=inner.url)
        assert sent(receiver).fault is Fault.REDIRECT
        assert inner.got == []


def test_retry_after_counts_where_it_means_something(receiver: Receiver):
    for status, wish in ((429, timedelta(seconds=90)), (503, timedelta(seconds=90)), (500, None)):
        receiver.behave = answering(status, Retry_After="90")
        assert sent(receiver).wish == wish


def test_one_that_hangs_is_given_up(receiver: Receiver):
    receiver.behave = receiver.hang
    began = time.monotonic()
    assert sent(receiver, total=SOON).fault is Fault.SILENT
    assert time.monotonic() - began < IN_TIME


def test_one_that_accepts_nothing_is_given_up():
    with deaf() as port:
        answer = wire_to(port, total=SOON).send(f"http://127.0.0.1:{port}/", HEADERS, b"x" * 100_000)
        assert answer.fault is Fault.SILENT


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert wire_to(port).send(f"http://127.0.0.1:{port}/", HEADERS, BODY).fault is Fault.REFUSED


def test_headers_that_drip_have_no_end(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 200 OK\r\n", *(b"X-Drip: 1\r\n" for _ in range(1500)), pause=0.02)
    began = time.monotonic()
    assert sent(receiver, total=SOON).fault is Fault.SILENT
    assert time.monotonic() - began < IN_TIME


def test_headers_without_end_are_not_read_to_the_end(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"a" * 10_000_000)
    assert sent(receiver).fault is Fault.GARBLED


def test_many_provisional_answers_are_not_read_to_the_end(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000)
    assert sent(receiver).fault is Fault.GARBLED


def test_one_provisional_answer_is_passed_over(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    answer = sent(receiver)
    assert (answer.status, answer.fault, answer.excerpt) == (200, None, "ok")


def test_megabytes_are_dropped_and_the_message_counts_as_taken(receiver: Receiver):
    written = 0

    def pour(handler):
        nonlocal written
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n")
        for _ in range(8_000):
            handler.wfile.write(b"x" * 65_536)
            written += 65_536

    receiver.behave = pour
    answer = sent(receiver)
    assert (answer.status, answer.fault) == (200, None)
    assert len(answer.excerpt) == 500
    time.sleep(0.05)
    assert written < 100 * MOST_ANSWER  # what the sockets of both sides hold, and no more


def test_a_body_that_drips_delays_nobody_for_long(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *([b"x"] * 900), pause=0.02)
    began = time.monotonic()
    answer = sent(receiver)
    assert (answer.status, answer.fault) == (200, None)
    assert time.monotonic() - began < 10


def test_what_is_packed_is_not_unpacked(receiver: Receiver):
    bomb = gzip.compress(b"0" * 10_000_000)
    receiver.behave = answering(200, bomb, Content_Encoding="gzip")
    answer = sent(receiver)
    assert (answer.status, answer.fault, answer.excerpt) == (200, None, "")


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/9.9 maybe\r\n\r\n",
        b"\x00" * 2_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello",
    ],
)
def test_what_is_no_answer_is_said_to_be_none(receiver: Receiver, said: bytes):
    receiver.behave = raw(said)
    assert sent(receiver).fault in (Fault.GARBLED, Fault.BROKEN_OFF)


def test_one_that_breaks_off(receiver: Receiver):
    receiver.behave = raw(b"HTTP/1.1 200 OK\r\nContent-")
    assert sent(receiver).fault is Fault.BROKEN_OFF
    receiver.behave = raw()
    assert sent(receiver).fault is Fault.BROKEN_OFF


def test_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delitem(os.environ, "no_proxy", raising=False)
    assert sent(receiver).status == 204


def resolving(*answers: str) -> Wire:
    """The name of every host leads there, and nothing is allowed by name."""
    return Wire(Ways(ports=(80, 443), needs_encryption=False), CLOCK, resolve=lambda _host, _port: answers, total=SOON)


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["192.168.1.1"],
        ["100.64.1.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::1"],
        ["fe80::1%eth0"],
        ["fd00::17"],
        ["0.0.0.0"],
        ["93.184.216.34", "127.0.0.1"],
        ["2606:2800:220:1::1", "fd00::17"],
    ],
)
def test_a_name_that_leads_inside_is_refused_whichever_of_its_addresses_does(answers: Sequence[str]):
    assert resolving(*answers).send("http://receiver.example/", HEADERS, BODY).fault is Fault.INSIDE


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.0.0.1", "localhost.", "[::ffff:127.0.0.1]", "127.0.0.1."]
)
def test_a_stored_address_is_read_anew_each_time(host: str):
    """What the settings allowed once, they need not allow now."""
    assert resolving("93.184.216.34").send(f"http://{host}/", HEADERS, BODY).fault is Fault.NOT_ALLOWED


def test_a_name_that_moves_inside_is_caught_at_the_next_message(receiver: Receiver):
    """DNS rebinding: each message looks the name up once, and connects to what that brought."""
    looked = itertools.count()

    def rebinding(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"] if next(looked) % 2 else ["203.0.113.7"]

    wire = Wire(Ways(ports=(receiver.port,), needs_encryption=False), CLOCK, resolve=rebinding, total=LONG)
    for _ in range(2):
        assert wire.send(f"http://receiver.example:{receiver.port}/", HEADERS, BODY).fault is Fault.INSIDE
    assert next(looked) == 2
    assert receiver.got == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(receiver: Receiver):
    ways = Ways(ports=(443,), allowed=["cases.internal"], needs_encryption=False)
    wire = Wire(ways, CLOCK, resolve=lambda _host, _port: ["127.0.0.1"], total=LONG)
    assert wire.send(f"http://cases.internal:{receiver.port}/hooks?a=b", HEADERS, BODY).status == 204
    [got] = receiver.got
    assert (got.path, got.headers["host"]) == ("/hooks?a=b", f"cases.internal:{receiver.port}")


def test_no_name_allows_addresses_that_nobody_can_mean():
    ways = Ways(ports=(80,), allowed=["metadata.internal"], needs_encryption=False)
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"):
        wire = Wire(ways, CLOCK, resolve=lambda _host, _port, address=address: [address], total=SOON)
        assert wire.send("http://metadata.internal/", HEADERS, BODY).fault is Fault.INSIDE


def test_a_resolver_that_hangs_or_knows_nothing():
    over = threading.Event()

    def hangs(_host: str, _port: int) -> Sequence[str]:
        over.wait(LONG)
        return ["93.184.216.34"]

    def knows_nothing(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    open_ways = Ways(ports=(80,), needs_encryption=False)
    for resolve in (hangs, knows_nothing, lambda _host, _port: []):
        began = time.monotonic()
        assert (
            Wire(open_ways, CLOCK, resolve=resolve, total=SOON).send("http://x.example/", {}, b"").fault
            is Fault.NO_NAME
        )
        assert time.monotonic() - began < IN_TIME
    over.set()


def test_a_certificate_that_nobody_vouches_for_is_no_encryption(receiver: Receiver):
    """This one speaks none at all; one that hangs in the middle is given up as well."""
    ways = Ways(ports=(443,), allowed=["127.0.0.1"])
    url = f"https://127.0.0.1:{receiver.port}/"
    assert Wire(ways, CLOCK, total=2.0).send(url, HEADERS, BODY).fault in (Fault.UNTRUSTED, Fault.SLOW_TO_CONNECT)
    with deaf() as port:
        answer = Wire(ways, CLOCK, total=SOON).send(f"https://127.0.0.1:{port}/", HEADERS, BODY)
        assert answer.fault is Fault.SLOW_TO_CONNECT
    assert receiver.got == []


def test_names_are_checked_against_certificates():
    context = Wire(here(), CLOCK)._context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
