"""What a file is, by its first bytes and by what is in it, and the check that belongs to that kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.files.checks import office, pdf, plain_text
from app.files.rules.kinds import KINDS, PICTURES, Kind
from app.files.rules.names import ending_of, name_for
from app.files.rules.refusals import Reason, Unfit

_PICTURES = {b"\x89PNG\r\n\x1a\n": Kind.PNG, b"\xff\xd8\xff": Kind.JPEG}
#: the container of .doc, .xls and .ppt, and of newer ones under a password
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Checked:
    """A file that passed: its bytes as they are to be kept, what it is and what it is called."""

    kind: Kind
    name: str
    file: IO[bytes]

    @property
    def media_type(self) -> str:
        return KINDS[self.kind].media_type


def check(file: IO[bytes], sent_name: str, kinds: frozenset[Kind], workshop: Path | None = None) -> Checked:
    """Raises :class:`Unfit`. A picture is made anew, in a temporary file in ``workshop``."""
    kind = kind_of(file, sent_name)
    name = name_for(sent_name, kind)
    if kind not in kinds:
        raise Unfit(Reason.NOT_HERE, kind=str(KINDS[kind].name))
    file.seek(0)
    if kind in PICTURES:
        from app.files.checks import pictures  # five megabytes, for sites that get any

        return Checked(kind, name, pictures.made_anew(file, kind, workshop))
    if kind is Kind.PDF:
        pdf.check(file)
    elif kind not in (Kind.CSV, Kind.TEXT):
        office.check(file, kind)
    return Checked(kind, name, file)


def kind_of(file: IO[bytes], sent_name: str = "") -> Kind:
    """By content alone, but for text: whether that is a table its name says."""
    file.seek(0)
    head = file.read(16)
    if not head:
        raise Unfit(Reason.EMPTY)
    for start, kind in _PICTURES.items():
        if head.startswith(start):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head.startswith(b"%PDF-"):
        return Kind.PDF
    if head.startswith(b"PK\x03\x04"):
        return office.kind_of(file)
    if head.startswith(_OLD_OFFICE):
        raise Unfit(Reason.OLD_OFFICE)
    plain_text.check(file)
    return Kind.CSV if ending_of(sent_name) == "csv" else Kind.TEXT
