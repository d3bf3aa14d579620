"""Asking a virus scanner, clamd, over its socket (``INSTREAM``)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from app.files.store import steps_of

#: a part of the file at a time, as clamd's own programs send it
CHUNK = 65_536
MOST_ANSWER = 4_096


class NoVerdict(Exception):
    """The scanner cannot be reached, takes too long, or does not say yes or no."""


@dataclass(frozen=True)
class Clamd:
    """``address``: ``host:port``, or the path of a socket. ``patience`` in seconds, for each step of the talk."""

    address: str
    patience: float = 10.0

    def is_clean(self, file: IO[bytes]) -> bool:
        """Raises :class:`NoVerdict`."""
        try:
            with self._connected() as line:
                line.sendall(b"zINSTREAM\0")
                for some in steps_of(file):
                    for start in range(0, len(some), CHUNK):
                        part = some[start : start + CHUNK]
                        line.sendall(struct.pack("!L", len(part)) + part)
                line.sendall(struct.pack("!L", 0))
                answer = _heard(line)
        except OSError as fault:
            raise NoVerdict(type(fault).__name__) from fault
        if answer.endswith(b" FOUND"):
            return False
        if answer.endswith(b": OK"):
            return True
        raise NoVerdict("an answer that is neither")

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        if self.address.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(self.patience)
                line.connect(self.address)
                yield line
            return
        host, _colon, port = self.address.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), self.patience) as line:
            yield line


def _heard(line: socket.socket) -> bytes:
    """Its one line."""
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MOST_ANSWER:
        some = line.recv(MOST_ANSWER)
        if not some:
            break
        answer += some
    return answer.rstrip(b"\0\r\n ")
