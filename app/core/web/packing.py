"""Compressed answers: which ones, and for whom.

Compressing lets go of the interpreter, and the thread that lets go of it waits for its turn again
behind whoever is busy. On the event loop everyone waits with it; so a page is packed by the thread
that rendered it, and the loop packs only what no thread has.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any

from litestar import Response

#: in a request's scope: whether a thread that renders a page may pack it (the page cache keeps pages as they are)
MAY_PACK = "townsquare_may_pack"
LEAST = 1_000  # bytes
_KINDS = ("text/", "application/json", "application/atom")
_EMPTY = frozenset({204, 303, 304})


def wants_packed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request's headers ask for it."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in headers)


def is_packable(status: int, kind: str) -> bool:
    """Text, in an answer that has a body."""
    return status not in _EMPTY and kind.startswith(_KINDS)


def packed(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=2, mtime=0)  # level 3 takes a quarter longer for 3 % less


def pack(scope: Any, answer: Any) -> None:
    """Compress a handler's answer where it stands, if its reader takes it so."""
    if not scope.get(MAY_PACK) or not isinstance(answer, Response):
        return
    body, headers = answer.content, answer.headers
    if not isinstance(body, bytes) or len(body) < LEAST or "content-encoding" in headers or "etag" in headers:
        return
    if is_packable(answer.status_code or 200, str(answer.media_type or "")):
        answer.content = packed(body)
        headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
