"""Files as people send them, good ones and bad ones, made on the spot."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
RELATIONS = '<?xml version="1.0"?><Relationships xmlns="r">{}</Relationships>'


def pdf(words: str = "Good morning", *, objects: str = "", packed: str = "", head: str = "", tail: str = "") -> bytes:
    """``objects`` stand in the open, ``packed`` in an object stream, ``tail`` behind the end."""
    text = zlib.compress(f"BT /F1 12 Tf ({words}) Tj ET".encode())
    parts = [
        b"%PDF-1.7\n" + head.encode("latin-1") + b"\n",
        b"1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n",
        b"3 0 obj << /Length %d /Filter /FlateDecode >> stream\n" % len(text) + text + b"\nendstream endobj\n",
        objects.encode("latin-1"),
    ]
    if packed:
        kept = zlib.compress(packed.encode("latin-1"))
        about = b"9 0 obj << /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >> stream\r\n" % len(kept)
        parts += [about, kept, b"\nendstream endobj\n"]
    return b"".join([*parts, b"trailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n", tail.encode("latin-1")])


def archive(members: Mapping[str, str | bytes], *, stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        for name, content in members.items():
            out.writestr(name, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return made.getvalue()


def docx(more: Mapping[str, str | bytes] | None = None, *, types: str = "", relations: str = "") -> bytes:
    main = f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES.format(main + types),
        "_rels/.rels": RELATIONS.format('<Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/>'),
        "word/document.xml": "<w:document xmlns:w='w'>Trees for Oak Street</w:document>",
        "word/_rels/document.xml.rels": RELATIONS.format(
            '<Relationship Id="b" Type="x/hyperlink" Target="https://example.org" TargetMode="External"/>' + relations
        ),
    }
    return archive(members | dict(more or {}))


def xlsx() -> bytes:
    return archive({"[Content_Types].xml": TYPES.format(""), "xl/workbook.xml": "<workbook/>"})


def pptx() -> bytes:
    return archive({"[Content_Types].xml": TYPES.format(""), "ppt/presentation.xml": "<p/>"})


def odt(more: Mapping[str, str | bytes] | None = None, *, kind: str = "text", manifest: str = "") -> bytes:
    members: dict[str, str | bytes] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": "<office:document-content>Trees</office:document-content>",
        "META-INF/manifest.xml": f"<manifest:manifest>{manifest}</manifest:manifest>",
    }
    return archive(members | dict(more or {}))


def ods() -> bytes:
    return odt(kind="spreadsheet")


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **how: Any) -> bytes:
    made = io.BytesIO()
    image = Image.new(mode, size)
    image.putpixel((1, 0), 255 if mode in ("L", "P", "1") else (200, 10, 10, 255)[: len(mode)])
    image.save(made, kind, **how)
    return made.getvalue()


def photo_with_place() -> bytes:
    """As a phone takes it: lying on its side, with the place, the camera and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter to see it upright
    exif[0x010F] = "Camera of Anna"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    image, made = Image.new("RGB", (40, 30)), io.BytesIO()
    image.paste((220, 0, 0), (0, 0, 20, 30))  # the left half, and upright the upper one
    image.save(made, "JPEG", exif=exif, comment=b"our garden", icc_profile=b"profile of Anna's screen")
    return made.getvalue()
