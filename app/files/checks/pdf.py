"""A PDF that can be handed to anybody: whole, open to everyone, and with nothing in it that acts by itself.

What a PDF says of itself stands in names, such as ``/JavaScript``. They are looked for in the whole file
and in everything in it that is packed, not only where an honest file would have them, and under every
spelling: ``/J#61vaScript`` is the same name. It is no virus scanner; that is clamd's work.
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from app.files.rules.refusals import Reason, Unfit

MOST_UNPACKED = 200_000_000
MOST_STREAMS = 50_000
STEP = 1_048_576
#: read of what is packed at a time; most of what only looks packed is found out by the first
PIECE = 4_096
#: as far as a name reaches over the end of one step
OVERLAP = 64
HEAD = TAIL = 1_024
MOST_ADDRESS = 2_000
#: names that only stand in addresses; nobody links to more pages about JavaScript
MOST_IN_ADDRESSES = 500

_NAMES = {
    b"Encrypt": Reason.ENCRYPTED,
    b"JavaScript": Reason.ACTIVE,
    b"Launch": Reason.ACTIVE,
    b"RichMedia": Reason.ACTIVE,
    b"ImportData": Reason.ACTIVE,
    b"XFA": Reason.ACTIVE,
    b"EmbeddedFile": Reason.HOLDS_FILES,
    b"EmbeddedFiles": Reason.HOLDS_FILES,
}
_AFTER = rb"(?=[\s/<>\[\](){}%\d])"
_PLAIN = re.compile(rb"/(Encrypt|JavaScript|Launch|RichMedia|ImportData|XFA|EmbeddedFiles?)" + _AFTER)
_SPELT = re.compile(rb"/([A-Za-z]{0,16}(?:#[0-9A-Fa-f]{2}[A-Za-z]{0,16}){1,16})" + _AFTER)
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_PICTURE = re.compile(rb"/Subtype\s*/Image")
_PACKED_OTHERWISE = re.compile(rb"/(ASCIIHexDecode|ASCII85Decode|LZWDecode|RunLengthDecode|AHx|A85|LZW|RL)\b")
_MARKUP = re.compile(rb"<(!doctype|html|script|svg|body|iframe)\b", re.IGNORECASE)
_ADDRESS = re.compile(rb".*/URI\s*\((https?|mailto):[^\s()<>\[\]{}]*", re.DOTALL)
_END = re.compile(rb"%%EOF[\s\0]*\Z")


def check(file: IO[bytes]) -> None:
    """Raises :class:`Unfit`."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        if _MARKUP.search(whole[:HEAD]) or zipfile.is_zipfile(file):
            raise Unfit(Reason.TWO_IN_ONE)
        if not _END.search(whole[-TAIL:]):
            raise Unfit(Reason.TWO_IN_ONE if whole.rfind(b"%%EOF") > 0 else Reason.DAMAGED)
        _refuse(whole)
        for some in _unpacked(whole):
            _refuse(some)


def _refuse(some: bytes | mmap.mmap) -> None:
    for count, found in enumerate(_PLAIN.finditer(some)):
        if count >= MOST_IN_ADDRESSES or not _is_in_an_address(some, found.start()):
            raise Unfit(_NAMES[found[1]])
    for found in _SPELT.finditer(some):
        name = _HEX.sub(lambda two: bytes([int(two[1], 16)]), found[1])
        if name in _NAMES:
            raise Unfit(_NAMES[name])


def _is_in_an_address(some: bytes | mmap.mmap, at: int) -> bool:
    """Links to be clicked have slashes, too: ``/URI (https://example.org/JavaScript)``."""
    opened = some.rfind(b"(", max(0, at - MOST_ADDRESS), at)
    return opened >= 0 and _ADDRESS.fullmatch(some[max(0, opened - 16) : at]) is not None


def _unpacked(whole: mmap.mmap) -> Iterator[bytes]:
    """Everything that is packed but for pictures, a step at a time, each with the end of the one before."""
    left = MOST_UNPACKED
    for count, mark in enumerate(_STREAM.finditer(whole)):
        if count >= MOST_STREAMS:
            raise Unfit(Reason.BOMB)
        about = whole[max(0, mark.start() - HEAD) : mark.start()].rpartition(b"endobj")[2]
        has_objects = b"/First" in about or b"#" in about
        if has_objects and _PACKED_OTHERWISE.search(about):
            raise Unfit(Reason.ACTIVE)  # objects in a packing that nobody uses but to hide them
        if _PICTURE.search(about) and not has_objects:
            continue
        before = b""
        for some in _inflated(whole, mark.end()):
            left -= len(some)
            if left < 0:
                raise Unfit(Reason.BOMB)
            yield before + some
            before = some[-OVERLAP:]


def _inflated(whole: mmap.mmap, start: int) -> Iterator[bytes]:
    """What is packed from here on, as far as it can be unpacked; nothing where nothing is."""
    head = whole[start : start + 2]
    if len(head) < 2 or head[0] & 0x0F != 8 or int.from_bytes(head, "big") % 31:
        return
    unpacker = zlib.decompressobj()
    try:
        while not unpacker.eof:
            given = unpacker.unconsumed_tail
            if not given:
                given, start = whole[start : start + PIECE], start + PIECE
            if not given:
                return
            if some := unpacker.decompress(given, STEP):
                yield some
    except zlib.error:
        return
