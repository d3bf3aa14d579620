"""Documents that are archives (Word, Excel, PowerPoint, OpenDocument): unpacked within limits and looked through."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree as ET

from app.files.rules.kinds import KINDS, Kind
from app.files.rules.refusals import Reason, Unfit

MOST_MEMBERS = 5_000
MOST_UNPACKED = 200_000_000
#: unpacked to packed; tables of one value reach 50
MOST_RATIO, UNSUSPICIOUS = 100, 20_000_000
#: of a member that is read as a whole
MOST_XML = 1_000_000
STEP = 262_144
_END = b"PK\x05\x06"
_END_BYTES = 22

#: as far as a word reaches over the end of one step
OVERLAP = 64
#: a member's own head, as far as it matters
_LOCAL = struct.Struct("<4s2xHH16xHH")

_CONTENT_TYPES, _ODF_MANIFEST = "[Content_Types].xml", "META-INF/manifest.xml"
_KEPT = (".rels", _ODF_MANIFEST)
_MAIN = {"word/document.xml": Kind.DOCX, "xl/workbook.xml": Kind.XLSX, "ppt/presentation.xml": Kind.PPTX}
_ODF = {KINDS[kind].media_type: kind for kind in (Kind.ODT, Kind.ODS)}
_MACROS = re.compile(r"(^|/)(vbaProject(Signature)?\w*\.bin|vbaData\.xml|macrosheets/.*)$|^(Basic|Scripts)/.+", re.IGNORECASE)  # fmt: skip
_CONTROLS = re.compile(r"(^|/)(activeX|customUI)/", re.IGNORECASE)
_PROGRAMS = re.compile(
    r"(^|/)oleObject[^/]*$|\.(exe|dll|com|scr|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|msi|jar|lnk|html?|svg|swf)$",
    re.IGNORECASE,
)
#: how OpenDocument has something run when it is opened
_ODF_EVENTS = re.compile(rb"script:event-listener|vnd\.sun\.star\.script")
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


def kind_of(file: IO[bytes]) -> Kind:
    """Which of them an archive is; raises :class:`Unfit` for any other archive."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if names and names[0] == "mimetype" and archive.getinfo("mimetype").file_size < 200:
                return _ODF[archive.read("mimetype").decode("ascii")]
            if _CONTENT_TYPES in names:
                return next(kind for main, kind in _MAIN.items() if main in names)
    except (KeyError, StopIteration):
        pass
    except RuntimeError as wrong:  # a password
        raise Unfit(Reason.ENCRYPTED) from wrong
    except _FAULTS as wrong:
        raise Unfit(Reason.DAMAGED) from wrong
    raise Unfit(Reason.UNKNOWN)


def check(file: IO[bytes], kind: Kind) -> None:
    """Raises :class:`Unfit`."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _check_frame(file, archive.comment, members)
        for member in members:
            _check_name(member.filename)
        texts = _unpack(file, members, kind)
    except _FAULTS as wrong:
        raise Unfit(Reason.DAMAGED) from wrong
    if kind in _ODF.values():
        if b"encryption-data" in texts.get(_ODF_MANIFEST, b""):
            raise Unfit(Reason.ENCRYPTED)
    else:
        _check_office(texts)


def _check_frame(file: IO[bytes], comment: bytes, members: list[zipfile.ZipInfo]) -> None:
    """The archive is the whole file: nothing before it, nothing behind it, no member twice, none locked."""
    if len(members) > MOST_MEMBERS:
        raise Unfit(Reason.BOMB)
    file.seek(-_END_BYTES, 2)
    if comment or not file.read().startswith(_END) or min(m.header_offset for m in members):
        raise Unfit(Reason.TWO_IN_ONE)
    if len({m.filename.lower() for m in members}) != len(members):
        raise Unfit(Reason.TWO_IN_ONE)
    if any(m.flag_bits & 0x1 for m in members):
        raise Unfit(Reason.ENCRYPTED)
    packed, unpacked = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    if unpacked > min(MOST_UNPACKED, max(UNSUSPICIOUS, packed * MOST_RATIO)):
        raise Unfit(Reason.BOMB)


def _check_name(name: str) -> None:
    if _MACROS.search(name):
        raise Unfit(Reason.MACROS)
    if _CONTROLS.search(name):
        raise Unfit(Reason.ACTIVE)
    if _PROGRAMS.search(name):
        raise Unfit(Reason.HOLDS_FILES)


def _unpack(file: IO[bytes], members: list[zipfile.ZipInfo], kind: Kind) -> dict[str, bytes]:
    """Every member once; those whose words matter are kept."""
    kept: dict[str, bytes] = {}
    for member in members:
        matters, acts = member.filename == _CONTENT_TYPES or member.filename.endswith(_KEPT), kind in _ODF.values()
        if matters and member.file_size > MOST_XML:
            raise Unfit(Reason.BOMB)
        words, before = bytearray(), b""
        for some in _unpacked(file, member):
            if matters:
                words += some
            if acts and _ODF_EVENTS.search(before + some):
                raise Unfit(Reason.MACROS)
            before = some[-OVERLAP:]
        if matters:
            kept[member.filename] = bytes(words)
    return kept


def _unpacked(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What is in it, a step at a time. It is as long as it says and no longer: Python's reader would stop there,
    and others would go on."""
    _go_to(file, member)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
    if unpacker is None and member.compress_type != zipfile.ZIP_STORED:
        raise Unfit(Reason.UNKNOWN)
    left, checksum, packed = member.file_size, 0, member.compress_size
    while packed > 0 or (unpacker and unpacker.unconsumed_tail):
        given = (unpacker.unconsumed_tail if unpacker else b"") or file.read(min(STEP, packed))
        if unpacker is None or not unpacker.unconsumed_tail:
            packed -= len(given)
        some = unpacker.decompress(given, STEP) if unpacker else given
        left, checksum = left - len(some), zlib.crc32(some, checksum)
        if left < 0:
            raise Unfit(Reason.BOMB)
        yield some
    if left or checksum != member.CRC or (unpacker and not unpacker.eof):
        raise Unfit(Reason.DAMAGED)


def _go_to(file: IO[bytes], member: zipfile.ZipInfo) -> None:
    """To where its content begins; its own head must call it what the table at the end does."""
    file.seek(member.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        raise Unfit(Reason.DAMAGED)
    mark, flags, method, name, extra = _LOCAL.unpack(head)
    written = file.read(name).decode("utf-8" if flags & 0x800 else "cp437")
    if mark != b"PK\x03\x04" or written != member.orig_filename or method != member.compress_type:
        raise Unfit(Reason.TWO_IN_ONE)
    file.seek(extra, 1)


def _check_office(texts: dict[str, bytes]) -> None:
    types = " ".join(element.get("ContentType", "") for element in _read(texts[_CONTENT_TYPES]).iter()).lower()
    if "macroenabled" in types or "vbaproject" in types:
        raise Unfit(Reason.MACROS)
    if "activex" in types or "oleobject" in types:
        raise Unfit(Reason.ACTIVE)
    for name, text in texts.items():
        if name.endswith(".rels"):
            _check_relations(_read(text))


def _check_relations(relations: ET.Element) -> None:
    """Links to be clicked may lead anywhere; nothing else may come from outside the file."""
    for element in relations.iter():
        leads_out = element.get("TargetMode", "").lower() == "external"
        if leads_out and not element.get("Type", "").lower().endswith("/hyperlink"):
            raise Unfit(Reason.LOADS)


def _read(text: bytes) -> ET.Element:
    if len(text) > MOST_XML or b"<!" in text.replace(b"\0", b"").replace(b"<!--", b""):
        raise Unfit(Reason.DAMAGED)  # no document needs entities here
    try:
        return ET.fromstring(text)  # noqa: S314  without a DTD nothing can be expanded
    except ET.ParseError as wrong:
        raise Unfit(Reason.DAMAGED) from wrong
