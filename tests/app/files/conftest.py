"""A virus scanner to talk to, and files on their way."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """Speaks as clamd does. ``mood``: ``well``, ``mute`` (takes everything, says nothing), ``odd`` or ``full``."""

    def __init__(self, listening: socket.socket, address: str) -> None:
        self.address, self.mood, self.seen = address, "well", list[bytes]()
        self._listening = listening
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError, OSError):
                line, _from = self._listening.accept()
                line.settimeout(60)
                with line:
                    self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        assert self._exactly(line, 10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!L", self._exactly(line, 4))[0]:
            content += self._exactly(line, size)
            if self.mood == "full":
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(content)
        if self.mood == "mute":
            self._over.wait(60)
        elif self.mood == "odd":
            line.sendall(b"UNKNOWN COMMAND\0")
        else:
            line.sendall(b"stream: Eicar-Test FOUND\0" if EICAR in content else b"stream: OK\0")

    @staticmethod
    def _exactly(line: socket.socket, size: int) -> bytes:
        found = b""
        while len(found) < size:
            some = line.recv(size - len(found))
            if not some:
                raise OSError("hung up")
            found += some
        return found

    def close(self) -> None:
        self._over.set()
        self._listening.close()
        self._thread.join(6)


@pytest.fixture
def scanner() -> Iterator[Scanner]:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    found = Scanner(listening, f"127.0.0.1:{listening.getsockname()[1]}")
    yield found
    found.close()


@pytest.fixture
def local_scanner(tmp_path: Path) -> Iterator[Scanner]:
    """Behind a socket of this machine, as clamd is installed."""
    address = str(tmp_path / "clamd.ctl")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen()
    listening.settimeout(0.1)
    found = Scanner(listening, address)
    yield found
    found.close()
