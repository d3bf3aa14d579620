"""Compressed answers: which ones, and for whom.

Compressing lets go of the interpreter, and the thread that lets go of it waits for its turn again
behind whoever is busy. On the event loop everyone waits with it; so a page is packed by the thread
that rendered it, and the loop packs only what no thread has.
"""

from __future__ import annotations

import gzip
import struct
import zlib
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


_LEVEL = 2  # level 3 takes a quarter longer for 3 % less
_HEAD = gzip.compress(b"", compresslevel=_LEVEL, mtime=0)[:10]


class Fixed:
    """A long part that pages have in common and that seldom changes, such as a map's outlines: compressed once, better
    than there is time for in each page.

    It is one run of deflate's blocks that ends with a whole byte and refers to nothing before it, so that it may stand
    between the blocks of any page.
    """

    #: stands for it in a template; nobody's text can, because it is escaped
    MARK = b"<fixed/>"

    def __init__(self, text: str) -> None:
        self.plain = text.encode()
        self.packed = _blocks(self.plain, zlib.Z_FULL_FLUSH, level=9)

    def __html__(self) -> str:
        return self.MARK.decode()

    def within(self, page: bytes) -> bytes:
        """The page with this part where its mark stands."""
        before, mark, after = page.partition(self.MARK)
        return _Composed(before, self, after) if mark else page


class _Composed(bytes):
    """A page that knows which part of it is packed already."""

    before: bytes
    fixed: Fixed
    after: bytes

    def __new__(cls, before: bytes, fixed: Fixed, after: bytes) -> _Composed:
        made = super().__new__(cls, before + fixed.plain + after)
        made.before, made.fixed, made.after = before, fixed, after
        return made


def packed(body: bytes) -> bytes:
    if isinstance(body, _Composed):
        before, after = _blocks(body.before, zlib.Z_FULL_FLUSH), _blocks(body.after, zlib.Z_FINISH)
        end = struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
        return b"".join((_HEAD, before, body.fixed.packed, after, end))
    return gzip.compress(body, compresslevel=_LEVEL, mtime=0)


def _blocks(body: bytes, end: int, level: int = _LEVEL) -> bytes:
    squeezed = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return squeezed.compress(body) + squeezed.flush(end)


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
