"""One message over the network: to an address that was checked, and within bounds whatever the receiver does.

Its own sockets rather than a library's client: the address that is connected to is the one that was checked, with no
second lookup; no proxy, no redirect, no cookie, nothing unpacked; one deadline for everything.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import httptools

from app.core.clock import Clock
from app.core.errors import BadField
from app.webhooks.rules.answers import Answer, Fault, excerpt_of, fault_of
from app.webhooks.rules.networks import Reach, reach
from app.webhooks.rules.pauses import read_retry_after
from app.webhooks.rules.targets import Target, Ways, read_target

CONNECT, TOTAL = 5.0, 15.0  # seconds
BODY = 2.0  # seconds for the rest of an answer, once its head has come
MOST_HEAD, MOST_ANSWER = 16_384, 65_536  # bytes
_A_READ = 8_192
_KEPT = 4_096  # bytes of a body, of which an excerpt is made
_AT_ONCE = 32  # lookups, those that nobody waits for any more too
_ADDRESSES = 4  # of a name, tried one after the other

Resolver = Callable[[str, int], Sequence[str]]


class Sends(Protocol):
    """What the courier hands its messages to."""

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


class _Failed(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


class _Head(NamedTuple):
    status: int
    headers: Mapping[bytes, bytes]


def look_up(host: str, port: int) -> Sequence[str]:
    """The system's resolver; OSError where it knows none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


class Wire:
    """Sends by HTTP/1.1. Safe to share between threads."""

    def __init__(
        self,
        ways: Ways,
        clock: Clock,
        *,
        user_agent: str = "TownSquare-Webhooks/1",
        resolve: Resolver = look_up,
        tls: ssl.SSLContext | None = None,
        total: float = TOTAL,
    ) -> None:
        self.ways, self.clock, self.total = ways, clock, total
        self.user_agent, self.resolve = user_agent, resolve
        self._tls = tls
        self._lookups = threading.BoundedSemaphore(_AT_ONCE)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the receiver said, or why it said nothing; never raises for what a receiver does."""
        began = time.monotonic()
        try:
            target = self._target(url)
            addresses = self._checked(target, began)
            with self._connected(target, addresses, began + self.total) as connection:
                head, text = self._exchange(connection, self._request(target, headers, body), began + self.total)
        except _Failed as failed:
            return Answer(None, _milliseconds(began), failed.fault)
        wish = _wish(head, self.clock.now()) if head.status in (429, 503) else None
        return Answer(head.status, _milliseconds(began), fault_of(head.status), text, wish)

    def _target(self, url: str) -> Target:
        try:
            return read_target(url, self.ways)
        except BadField as wrong:
            raise _Failed(Fault.NOT_ALLOWED) from wrong

    def _checked(self, target: Target, began: float) -> Sequence[str]:
        """The addresses of its name, now; one that must not be connected to makes all of them void."""
        addresses = self._looked_up(target, min(CONNECT, self.total) - (time.monotonic() - began))
        if not addresses:
            raise _Failed(Fault.NO_NAME)
        allowed = {Reach.PUBLIC, Reach.PRIVATE} if self.ways.allows(target) else {Reach.PUBLIC}
        if not {reach(address) for address in addresses} <= allowed:
            raise _Failed(Fault.INSIDE)
        return addresses[:_ADDRESSES]

    def _looked_up(self, target: Target, seconds: float) -> Sequence[str]:
        """A resolver cannot be told to hurry: one that takes too long is left to itself."""
        if not self._lookups.acquire(timeout=max(0.0, seconds)):
            raise _Failed(Fault.NO_NAME)
        found, done = list[str](), threading.Event()

        def look() -> None:
            try:
                with suppress(OSError, UnicodeError):
                    found.extend(self.resolve(target.host, target.port))
            finally:
                self._lookups.release()
                done.set()

        threading.Thread(target=look, name="webhook lookup", daemon=True).start()
        return list(found) if done.wait(max(0.0, seconds)) else ()

    def _connected(self, target: Target, addresses: Sequence[str], deadline: float) -> socket.socket:
        by, fault = min(deadline, time.monotonic() + CONNECT), Fault.SLOW_TO_CONNECT
        for address in addresses:
            left = by - time.monotonic()
            if left <= 0:
                break
            try:
                plain = socket.create_connection((address, target.port), timeout=left)
            except TimeoutError:
                fault = Fault.SLOW_TO_CONNECT
            except OSError:
                fault = Fault.REFUSED
            else:
                return self._encrypted(plain, target, by) if target.is_encrypted else plain
        raise _Failed(fault)

    def _encrypted(self, plain: socket.socket, target: Target, by: float) -> socket.socket:
        try:
            plain.settimeout(max(0.01, by - time.monotonic()))
            return self._context().wrap_socket(plain, server_hostname=target.host)
        except TimeoutError as wrong:
            plain.close()
            raise _Failed(Fault.SLOW_TO_CONNECT) from wrong
        except (OSError, ValueError) as wrong:  # ssl.SSLError is an OSError
            plain.close()
            raise _Failed(Fault.UNTRUSTED) from wrong

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _request(self, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = {
            "Host": target.authority,
            "User-Agent": self.user_agent,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        head = [f"POST {target.resource} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
        return "\r\n".join([*head, "", ""]).encode("ascii") + body

    def _exchange(self, connection: socket.socket, request: bytes, deadline: float) -> tuple[_Head, str]:
        reading = _Reading()
        try:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            connection.sendall(request)
        except TimeoutError as wrong:
            raise _Failed(Fault.SILENT) from wrong
        except OSError:
            pass  # it may have answered without reading all of it
        while not reading.is_complete:
            if not self._read_on(connection, reading, deadline):
                break
        return reading.answer()

    def _read_on(self, connection: socket.socket, reading: _Reading, deadline: float) -> bool:
        """False where there is no more, or no more is wanted."""
        left = min(deadline, reading.body_by or deadline) - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            data = connection.recv(_A_READ)
        except TimeoutError:
            reading.fault = Fault.SILENT
            return False
        except OSError:
            reading.fault = Fault.BROKEN_OFF
            return False
        return bool(data) and reading.feed(data)


class _Reading:
    """An answer as it comes in: its head, and the beginning of its body."""

    def __init__(self) -> None:
        self.fault = Fault.BROKEN_OFF  # what is wrong if it ends here
        self.is_complete = False
        #: when the rest of a body is given up
        self.body_by: float | None = None
        self._head: _Head | None = None
        self._headers = dict[bytes, bytes]()
        self._body = bytearray()
        self._size = 0
        self._parser: Any = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> bool:
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fault = Fault.GARBLED
            return False
        except httptools.HttpParserError:
            self.fault = Fault.GARBLED
            return False
        if self._head is None and self._size > MOST_HEAD:
            self.fault = Fault.GARBLED
            return False
        return self._size <= MOST_ANSWER

    def answer(self) -> tuple[_Head, str]:
        """Its head and an excerpt; raises where no whole head came. What is packed is not unpacked."""
        if self._head is None:
            raise _Failed(self.fault)
        packed = self._head.headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity")
        return self._head, "" if packed else excerpt_of(bytes(self._body))

    # called by the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._head, self.body_by = _Head(status, self._headers), time.monotonic() + BODY
        self._headers = {}

    def on_body(self, body: bytes) -> None:
        if self._head is not None:
            self._body += body[: _KEPT - len(self._body)]

    def on_message_complete(self) -> None:
        self.is_complete = self._head is not None


def _wish(head: _Head, now: datetime) -> timedelta | None:
    text = head.headers.get(b"retry-after", b"").decode("latin-1")
    return read_retry_after(text, now) if text else None


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)
