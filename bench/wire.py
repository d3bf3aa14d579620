"""HTTP/1.1 as the driver needs it: requests built beforehand, answers read no further than they must be."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
WITHOUT_BODY = frozenset({204, 304})


def get(path: str, host: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a GET request; `host` is `127.0.0.1:8000`."""
    return _head("GET", path, {"Host": host, **(headers or {})})


def post_form(path: str, host: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a plain form sent from a page of the same site, as programs must send it: with `Origin`."""
    body = urlencode(fields).encode()
    own = {
        "Host": host,
        "Origin": f"http://{host}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
    }
    return _head("POST", path, {**own, **(headers or {})}) + body


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + HEAD_END


class Reply:
    """One answer as it arrives. `feed` says when it is whole; the object is used again for the next one."""

    __slots__ = ("_missing", "_pieces", "status")

    def __init__(self) -> None:
        self.status = 0
        self._missing = 0  # bytes of a body of known length still to come
        self._pieces = b""  # what arrived of an unfinished head, or of a chunked body

    def feed(self, data: bytes) -> bool:
        """Take what the socket gave; True once the answer is whole. Excess bytes mean a server out of step."""
        if self._missing:
            return self._count_down(len(data))
        if self._pieces:
            data = self._pieces + data
            self._pieces = b""
        end = data.find(HEAD_END)
        if end < 0:
            self._pieces = data
            return False
        self.status = int(data[9:12])
        return self._body(data, end + len(HEAD_END))

    def _body(self, data: bytes, start: int) -> bool:
        """How the body that begins at `start` ends: by its length, by chunks, or by not being there."""
        length = LENGTH.search(data, 0, start)
        if length:
            self._missing = start + int(length[1])
            return self._count_down(len(data))
        if self.status in WITHOUT_BODY:
            return True
        if not CHUNKED.search(data, 0, start):
            raise ValueError("an answer without a length cannot keep its connection")
        if chunks_are_whole(data, start):
            return True
        self._pieces = data
        return False

    def _count_down(self, arrived: int) -> bool:
        self._missing -= arrived
        if self._missing < 0:
            raise ValueError("more bytes than the answer announced")
        return self._missing == 0


def chunks_are_whole(data: bytes, at: int) -> bool:
    """Whether the chunks from `at` on reach the closing one. Trailers are not expected of our servers."""
    while True:
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return False
        size = int(data[at:line_end].split(b";")[0], 16)
        at = line_end + 2 + size + 2
        if at > len(data):
            return False
        if size == 0:
            return True
