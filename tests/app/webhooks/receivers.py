"""Receivers of webhooks: a real HTTP server that behaves as a test wants it, and one of words alone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from sqlalchemy import select

from app.core.clock import SystemClock
from app.webhooks.courier import Courier
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import Answer, Fault, fault_of
from app.webhooks.rules.targets import Ways
from app.webhooks.service import managing
from app.webhooks.service.managing import Wish
from app.webhooks.wire import Wire
from tests.site import ADMINISTRATOR, Town

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


class Got(NamedTuple):
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """A real server on this machine. ``behave`` gets the handler once the request is read; by default 204."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.behave: Callable[[BaseHTTPRequestHandler], None] = lambda handler: plainly(handler, 204)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port: int = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        self.let_go = threading.Event()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                with suppress(OSError):
                    receiver.behave(self)
                self.close_connection = True

            def log_message(self, *_words: Any) -> None:
                """Nobody reads it."""

        return Handler

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Until the test ends, or for as long as anybody waits."""
        self.let_go.wait(60)


def plainly(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if status != 204:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def answering(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: plainly(handler, status, body, **headers)


def raw(*parts: bytes, pause: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """These bytes, one part after the other."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(pause)

    return write


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(5)


@contextmanager
def deaf() -> Iterator[int]:
    """A port where somebody listens and nobody ever takes a connection's bytes."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield listening.getsockname()[1]


def here(*ports: int) -> Ways:
    """Loopback is allowed by name, at these ports."""
    return Ways(ports=(80, 443), allowed=[f"127.0.0.1:{port}" for port in ports], needs_encryption=False)


def wire_to(*ports: int, total: float = 1.0) -> Wire:
    return Wire(here(*ports), SystemClock(), total=total)


@dataclass
class Told:
    """A wire of words alone: keeps what is sent, and answers by ``statuses`` or ``fault``; 200 otherwise."""

    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    always: Answer = field(default_factory=lambda: Answer(200, 12))

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((url, headers, body))
        return self.answers.pop(0) if self.answers else self.always


def status(code: int, **more: Any) -> Answer:
    return Answer(code, 12, fault_of(code), **more)


def no_answer(fault: Fault = Fault.REFUSED) -> Answer:
    return Answer(None, 12, fault)


class Programs:
    """The receivers of a town, and the courier that serves them."""

    def __init__(self, town: Town, wire: Any = None) -> None:
        self.town, self.wire = town, wire or Told()
        self.called = threading.Event()
        self.policy = town.site.webhooks
        self.courier = Courier(
            town.database, town.keys, self.policy, self.wire, town.clock, self.called, draw=lambda: 0.0
        )
        self.ada = town.staff(ADMINISTRATOR, "administrator")

    def add(self, url: str = "http://cases.example.org/hooks", **wish: Any) -> Endpoint:
        return self.add_with_secret(url, **wish)[0]

    def add_with_secret(self, url: str = "http://cases.example.org/hooks", **wish: Any) -> tuple[Endpoint, str]:
        told = Wish(**{"description": "Case management", **wish})
        return self.town.database.retrying(
            lambda db: managing.add(db, self.town.keys, self.policy, url, told, by=self.ada, now=self.town.now)
        )

    def act(self, act: Callable[..., Any], *what: Any, **more: Any) -> Any:
        """One of :mod:`managing` or :mod:`replaying`, as Ada."""
        said = {"by": self.ada, "now": self.town.now, **more}
        return self.town.database.retrying(lambda db: act(db, *what, **said))

    def deliver(self) -> int:
        return self.courier.drain()

    def later(self, **by: float) -> int:
        self.town.clock.advance(timedelta(**by))
        return self.deliver()

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        return self.town.rows(Endpoint, Endpoint.id == endpoint.id)[0]

    def deliveries(self, endpoint: Endpoint) -> Sequence[WebhookDelivery]:
        return self.town.rows(WebhookDelivery, WebhookDelivery.endpoint_id == endpoint.id)

    def states(self, endpoint: Endpoint) -> list[str]:
        return [d.state for d in self.deliveries(endpoint)]

    def types(self, endpoint: Endpoint) -> list[str]:
        """What it was or will be told, in the order in which it happened."""
        wanted = (
            select(WebhookEvent.type)
            .join(WebhookDelivery, WebhookDelivery.event_id == WebhookEvent.id)
            .where(WebhookDelivery.endpoint_id == endpoint.id)
            .order_by(WebhookEvent.id)
        )
        with self.town.database.reading() as db:
            return list(db.scalars(wanted))

    def tries(self) -> list[WebhookAttempt]:
        return self.town.rows(WebhookAttempt)
