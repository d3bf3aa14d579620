"""The kinds of files that are taken: known by their content, and each with the endings its name may have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import Phrase, _


class Kind(StrEnum):
    """What a file is, by its content."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    CSV = "csv"
    TEXT = "txt"
    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"


@dataclass(frozen=True)
class About:
    """``endings``: of its names, the usual one first. ``short`` is what a field lists, ``name`` what a file is."""

    media_type: str
    endings: tuple[str, ...]
    name: Phrase
    short: Phrase


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
KINDS: dict[Kind, About] = {
    Kind.PDF: About("application/pdf", ("pdf",), _("PDF"), _("PDF")),
    Kind.DOCX: About(f"{_OOXML}wordprocessingml.document", ("docx",), _("Word document"), _("Word")),
    Kind.XLSX: About(f"{_OOXML}spreadsheetml.sheet", ("xlsx",), _("Excel spreadsheet"), _("Excel")),
    Kind.PPTX: About(f"{_OOXML}presentationml.presentation", ("pptx",), _("PowerPoint presentation"), _("PowerPoint")),
    Kind.ODT: About(f"{_ODF}text", ("odt",), _("OpenDocument text"), _("OpenDocument text")),
    Kind.ODS: About(f"{_ODF}spreadsheet", ("ods",), _("OpenDocument spreadsheet"), _("OpenDocument spreadsheet")),
    Kind.CSV: About("text/csv", ("csv",), _("CSV table"), _("CSV")),
    Kind.TEXT: About("text/plain", ("txt", "text"), _("Plain text"), _("plain text")),
    Kind.PNG: About("image/png", ("png",), _("PNG picture"), _("PNG")),
    Kind.JPEG: About("image/jpeg", ("jpg", "jpeg", "jpe"), _("JPEG picture"), _("JPEG")),
    Kind.WEBP: About("image/webp", ("webp",), _("WebP picture"), _("WebP")),
}
PICTURES = frozenset({Kind.PNG, Kind.JPEG, Kind.WEBP})
SHEETS = frozenset({Kind.XLSX, Kind.ODS, Kind.CSV})
ALL = frozenset(Kind)
BY_MEDIA_TYPE = {about.media_type: kind for kind, about in KINDS.items()}


def name_of(media_type: str) -> str:
    """In words, for a list of documents."""
    kind = BY_MEDIA_TYPE.get(media_type)
    return str(KINDS[kind].name) if kind else media_type


def accepted(kinds: frozenset[Kind]) -> str:
    """The ``accept`` of a file field: a help for choosing, and no check."""
    return ",".join(f".{ending}" for kind in Kind if kind in kinds for ending in KINDS[kind].endings)
