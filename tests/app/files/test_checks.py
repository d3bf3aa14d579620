"""Good files pass as what they are; bad ones are refused, whatever they are called and wherever they hide it."""

from __future__ import annotations

import io
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest
from PIL import Image

from app.core.errors import Unavailable
from app.files.checks import check
from app.files.checks import pictures as pictures_module
from app.files.rules.kinds import ALL, KINDS, PICTURES, SHEETS, Kind, accepted
from app.files.rules.names import name_for, tidy_name
from app.files.rules.refusals import WORDS, Reason, Unfit
from tests.app.files import papers
from tests.app.files.conftest import EICAR


def sent(content: bytes) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115  closed by whoever opens the block
    file.write(content)
    return file


def why(content: bytes, name: str, kinds: frozenset[Kind] = ALL) -> Reason:
    with pytest.raises(Unfit) as refusal, sent(content) as file:
        check(file, name, kinds)
    assert refusal.value.sentence.endswith((".", "."))
    assert "{" not in refusal.value.sentence
    return refusal.value.reason


GOOD: dict[Kind, Callable[[], bytes]] = {
    Kind.PDF: papers.pdf,
    Kind.DOCX: papers.docx,
    Kind.XLSX: papers.xlsx,
    Kind.PPTX: papers.pptx,
    Kind.ODT: papers.odt,
    Kind.ODS: papers.ods,
    Kind.CSV: "\ufeffname,tree\nAnna,žluť\n".encode,
    Kind.TEXT: lambda: b"Dear council,\r\n\ta < b\n",
    Kind.PNG: papers.picture,
    Kind.JPEG: lambda: papers.picture("JPEG"),
    Kind.WEBP: lambda: papers.picture("WEBP"),
}


@pytest.mark.parametrize("kind", Kind)
def test_a_good_file_of_each_kind_passes(kind: Kind) -> None:
    content = GOOD[kind]()
    for ending in KINDS[kind].endings:
        with sent(content) as file:
            found = check(file, f"Answer.{ending.upper()}", ALL)
            assert (found.kind, found.media_type, found.name) == (kind, KINDS[kind].media_type, f"Answer.{ending}")
            if kind not in PICTURES:
                found.file.seek(0)
                assert found.file.read() == content


@pytest.mark.parametrize("name", ["answer.exe", "answer.pdf.exe", "answer.docx", "answer.html", "answer.docm"])
def test_a_name_that_says_something_else_is_refused_in_words(name: str) -> None:
    with pytest.raises(Unfit) as refusal, sent(papers.pdf()) as file:
        check(file, name, ALL)
    assert refusal.value.reason == Reason.ENDING
    assert f"ends in .{name.rpartition('.')[2]}, but what is in it is another kind: PDF" in refusal.value.sentence


def test_a_good_file_of_a_kind_that_this_form_does_not_want_is_refused() -> None:
    assert why(papers.pdf(), "answers.pdf", SHEETS) == Reason.NOT_HERE


def test_a_field_for_sheets_lets_people_choose_sheets() -> None:
    assert accepted(SHEETS) == ".xlsx,.ods,.csv"


PROGRAM = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(200)
OTHERS = {
    "nothing": (b"", Reason.EMPTY),
    "a program": (PROGRAM, Reason.UNKNOWN),
    "a program for Linux": (b"\x7fELF\2\1\1" + bytes(60), Reason.UNKNOWN),
    "a page": (b"<!DOCTYPE html><script>alert(1)</script>", Reason.MARKUP),
    "a page after blanks": (b"\xef\xbb\xbf\n\n  <html>", Reason.MARKUP),
    "a drawing": (b'<svg xmlns="x" onload="alert(1)"/>', Reason.MARKUP),
    "a drawing as XML": (b'<?xml version="1.0"?><svg/>', Reason.MARKUP),
    "a script": (b"#!/bin/sh\nrm -rf ~\n", Reason.MARKUP),
    "rich text": (b"{\\rtf1 hello}", Reason.MARKUP),
    "an old document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Reason.OLD_OFFICE),
    "an archive": (papers.archive({"a.txt": "a"}), Reason.UNKNOWN),
    "a Java program": (papers.archive({"META-INF/MANIFEST.MF": "a", "A.class": b"\xca\xfe"}), Reason.UNKNOWN),
    "another OpenDocument": (papers.odt(kind="graphics"), Reason.UNKNOWN),
    "text in another encoding": ("Žluť".encode("cp1250"), Reason.UNKNOWN),
    "text in UTF-16": ("Hello".encode("utf-16"), Reason.UNKNOWN),
    "text with a NUL far behind": (b"a" * 300_000 + b"\0", Reason.UNKNOWN),
    "text that breaks off inside a letter": ("ž".encode()[:1], Reason.UNKNOWN),
    "the file that tries whether anybody looks": (EICAR + b"\r\n", Reason.INFECTED),
    "a moving GIF": (b"GIF89a" + bytes(40), Reason.UNKNOWN),
}


@pytest.mark.parametrize("ending", ["pdf", "docx", "png", "csv", "txt"])
@pytest.mark.parametrize("what", OTHERS)
def test_what_no_kind_has_is_refused_under_every_name(what: str, ending: str) -> None:
    content, reason = OTHERS[what]
    assert why(content, f"answer.{ending}") == reason


JAVASCRIPT = "7 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj\n"
PDFS = {
    "JavaScript": (papers.pdf(objects=JAVASCRIPT), Reason.ACTIVE),
    "JavaScript in another spelling": (papers.pdf(objects="<< /S/J#61vaScrip#74/JS(a) >>"), Reason.ACTIVE),
    "JavaScript in an object stream": (papers.pdf(packed=JAVASCRIPT), Reason.ACTIVE),
    "both": (papers.pdf(packed="<< /S /#4aavaScript >>"), Reason.ACTIVE),
    "JavaScript far inside an object stream": (papers.pdf(packed=" " * 1_048_570 + JAVASCRIPT), Reason.ACTIVE),
    "JavaScript that claims to be text of a stream": (
        papers.pdf(objects="5 0 obj << >> stream\n" + JAVASCRIPT + "\nendstream"),
        Reason.ACTIVE,
    ),
    "a program to launch": (papers.pdf(objects="<< /S /Launch /F (cmd.exe) >>"), Reason.ACTIVE),
    "a form of another technique": (papers.pdf(objects="<< /XFA [ 1 0 R ] >>"), Reason.ACTIVE),
    "a film": (papers.pdf(objects="<< /Subtype /RichMedia >>"), Reason.ACTIVE),
    "objects in an odd packing": (
        papers.pdf(objects="<< /Type /ObjStm /First 5 /Filter [/ASCIIHexDecode /FlateDecode] >> stream\nAB\nendstream"),
        Reason.ACTIVE,
    ),
    "another file": (papers.pdf(objects="<< /Names << /EmbeddedFiles 9 0 R >> >>"), Reason.HOLDS_FILES),
    "a password": (papers.pdf(objects="trailer << /Encrypt 8 0 R >>"), Reason.ENCRYPTED),
    "a page in front": (papers.pdf(head="<html><script>alert(1)</script>"), Reason.TWO_IN_ONE),
    "an archive behind": (papers.pdf(tail=papers.archive({"a": "b"}).decode("latin-1")), Reason.TWO_IN_ONE),
    "an archive whose comment is the end": (papers.pdf()[:-6] + papers.archive({"a": "b"})[:-2] + b"\x06\0%%EOF\n", Reason.TWO_IN_ONE),
    "a program behind": (papers.pdf(tail="MZ" + "x" * 300), Reason.TWO_IN_ONE),
    "no end": (papers.pdf()[:-8], Reason.DAMAGED),
    "a bomb": (papers.pdf(packed=" " * 210_000_000), Reason.BOMB),
}  # fmt: skip


@pytest.mark.parametrize("what", PDFS)
def test_a_pdf_is_refused_that_has(what: str) -> None:
    content, reason = PDFS[what]
    assert why(content, "answer.pdf") == reason


@pytest.mark.parametrize(
    "objects",
    [
        "<< /EncryptMetadata false /JavaScripts 1 /Launches 2 >>",
        "<< /OpenAction [ 3 0 R /Fit ] /AcroForm << /Fields [] >> >>",
        "4 0 obj << /S /URI /URI (https://example.org/JavaScript) >> endobj",
        "4 0 obj << /Subtype /Image /Filter /DCTDecode /Length 9 >> stream\n\x78\x9cnonsense\nendstream endobj",
    ],
)
def test_what_only_looks_like_it_passes(objects: str) -> None:
    with sent(papers.pdf(objects=objects)) as file:
        assert check(file, "answer.pdf", ALL).kind == Kind.PDF


@pytest.mark.parametrize(
    "objects",
    [
        "<< /A (/URI \\() /S/JavaScript /JS 5 0 R >>",
        "<< /URI (https://example.org) /S/JavaScript /JS 5 0 R >>",
        "<< /X 3 0 R/JavaScript 5 0 R >>",
        "<< /Y true/JavaScript 5 0 R >>",
    ],
)
def test_an_address_nearby_is_no_place_to_hide(objects: str) -> None:
    assert why(papers.pdf(objects=objects), "answer.pdf") == Reason.ACTIVE


@pytest.mark.parametrize(
    "marks", ["stream\n\x78\x9c\x01\x00" * 500_000, "/URI (https://a" + "/JavaScript/a" * 500_000 + ")"]
)
def test_a_pdf_made_to_keep_us_busy_does_not(marks: str) -> None:
    started = time.monotonic()
    assert why(papers.pdf(objects=marks), "answer.pdf") in (Reason.BOMB, Reason.ACTIVE)
    assert time.monotonic() - started < 5


def longer_than_it_says() -> bytes:
    """A member that unpacks to a hundred times what its head and the table say, with the checksum of the part."""
    made = bytearray(papers.docx({"word/media/a.xml": b"x" * 100_000}))
    crc = zlib.crc32(b"x" * 1_000)
    for mark, at in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        start = -1
        while (start := made.find(mark, start + 1)) >= 0:
            name = start + (30 if mark == b"PK\3\4" else 46)
            if made[name : name + 16] == b"word/media/a.xml":
                struct.pack_into("<I", made, start + at, crc)
                struct.pack_into("<I", made, start + at + 8, 1_000)
    return bytes(made)


def with_two_names() -> bytes:
    """The head of a member calls it something else than the table at the end."""
    made = papers.docx()
    return made.replace(b"word/document.xml", b"word/vbaProject.x", 1)


MACRO = f'<Override PartName="/word/v.bin" ContentType="{papers.WORD}.macroEnabled.main+xml"/>'
OFFICES = {
    "macros": (papers.docx({"word/vbaProject.bin": b"\xd0\xcf"}), "a.docx", Reason.MACROS),
    "macros in another spelling": (papers.docx({"word/VBAPROJECT.BIN": b"\xd0\xcf"}), "a.docx", Reason.MACROS),
    "macros under another name": (papers.docx(types=MACRO), "a.docx", Reason.MACROS),
    "macros in OpenDocument": (papers.odt({"Basic/Standard/a.xml": "<a/>"}), "a.odt", Reason.MACROS),
    "a script in OpenDocument": (papers.odt({"Scripts/python/a.py": "import os"}), "a.odt", Reason.MACROS),
    "an event in OpenDocument": (
        papers.odt({"styles.xml": " " * 262_130 + "vnd.sun.star.script:a"}),
        "a.odt",
        Reason.MACROS,
    ),
    "a control": (papers.docx({"word/activeX/activeX1.xml": "<a/>"}), "a.docx", Reason.ACTIVE),
    "an object of another program": (papers.docx({"word/embeddings/oleObject1.bin": "a"}), "a.docx", Reason.HOLDS_FILES),
    "a program": (papers.docx({"word/media/a.exe": PROGRAM}), "a.docx", Reason.HOLDS_FILES),
    "a template from elsewhere": (
        papers.docx(relations='<Relationship Type="x/attachedTemplate" Target="http://e" TargetMode="External"/>'),
        "a.docx",
        Reason.LOADS,
    ),
    "the same, written oddly": (
        papers.docx(relations='<Relationship Type="x/frame" Target="h" TargetMode="Exter&#110;al"/>'),
        "a.docx",
        Reason.LOADS,
    ),
    "entities": (papers.docx({"word/_rels/x.rels": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "a.docx", Reason.DAMAGED),
    "a password in OpenDocument": (papers.odt(manifest="<manifest:encryption-data/>"), "a.odt", Reason.ENCRYPTED),
    "a page in front": (b"PK\x03\x04<html>" + papers.docx(), "a.docx", Reason.TWO_IN_ONE),
    "something behind": (papers.docx() + b"<script>alert(1)</script>", "a.docx", Reason.TWO_IN_ONE),
    "a member with two names": (with_two_names(), "a.docx", Reason.TWO_IN_ONE),
    "a bomb": (papers.docx({"word/media/a.xml": bytes(60_000_000)}), "a.docx", Reason.BOMB),
    "a bomb that lies": (longer_than_it_says(), "a.docx", Reason.BOMB),
    "too many members": (papers.docx({f"word/{n}.xml": "" for n in range(5_100)}), "a.docx", Reason.BOMB),
    "half of it": (papers.docx()[:300], "a.docx", Reason.DAMAGED),
    "one wrong byte": (papers.archive({"[Content_Types].xml": papers.TYPES.format(""), "xl/workbook.xml": "Anna"}, stored=("xl/workbook.xml",)).replace(b"Anna", b"Anne"), "a.xlsx", Reason.DAMAGED),
}  # fmt: skip


@pytest.mark.parametrize("what", OFFICES)
def test_a_document_is_refused_that_has(what: str) -> None:
    content, name, reason = OFFICES[what]
    assert why(content, name) == reason


def test_a_document_under_a_password_is_refused() -> None:
    made = bytearray(papers.docx())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = -1
        while (start := made.find(mark, start + 1)) >= 0:
            made[start + at] |= 1
    assert why(bytes(made), "a.docx") == Reason.ENCRYPTED


def test_a_document_with_the_same_member_twice_is_refused() -> None:
    made = io.BytesIO(papers.docx())
    with zipfile.ZipFile(made, "a") as out:
        out.writestr("WORD/document.xml", "another text")
    assert why(made.getvalue(), "a.docx") == Reason.TWO_IN_ONE


# --- pictures ----------------------------------------------------------------------------------


def remade(content: bytes, name: str, folder: Path | None = None) -> tuple[bytes, Image.Image]:
    with sent(content) as file:
        made = check(file, name, ALL, folder).file
    made.seek(0)
    again = made.read()
    return again, Image.open(io.BytesIO(again))


def test_a_photo_loses_its_place_and_camera_and_stands_upright(tmp_path: Path) -> None:
    before = papers.photo_with_place()
    again, picture = remade(before, "garden.jpg", tmp_path)
    assert b"Anna" in before
    assert b"garden" in before
    assert b"Anna" not in again
    assert b"garden" not in again
    assert not picture.getexif()
    assert picture.size == (30, 40), "it lay on its side"
    upper, lower = (picture.getpixel((15, y)) for y in (5, 35))
    assert (upper[0] > 180, lower[0] < 40) == (True, True)  # type: ignore[index]


def test_nothing_hidden_in_or_behind_a_picture_goes_on() -> None:
    for kind, name in (("PNG", "a.png"), ("JPEG", "a.jpg"), ("WEBP", "a.webp")):
        again, _picture = remade(papers.picture(kind) + b"<script>alert(1)</script>PK\x05\x06" + bytes(18), name)
        assert b"script" not in again
        assert not zipfile.is_zipfile(io.BytesIO(again))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_looks_as_before(mode: str) -> None:
    before = papers.picture("PNG", mode=mode)
    _again, picture = remade(before, "a.png")
    assert picture.convert("RGBA").tobytes() == Image.open(io.BytesIO(before)).convert("RGBA").tobytes()


def test_what_can_be_seen_through_can_be_still() -> None:
    for name, kind in (("a.png", "PNG"), ("a.webp", "WEBP")):
        see_through = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
        out = io.BytesIO()
        see_through.save(out, kind)
        assert remade(out.getvalue(), name)[1].convert("RGBA").getpixel((1, 1))[3] == 0  # type: ignore[index]


def test_the_same_picture_is_made_the_same_twice() -> None:
    assert remade(papers.photo_with_place(), "a.jpg")[0] == remade(papers.photo_with_place(), "b.jpg")[0]


def moving(kind: str) -> bytes:
    out, frames = io.BytesIO(), [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_pictures_do_not_take_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.BoundedSemaphore(1)
    monkeypatch.setattr(pictures_module, "_WAITING", taken)
    with taken, pytest.raises(Unavailable):
        remade(papers.picture(), "a.png")
    assert remade(papers.picture(), "a.png"), "and everyone gives their place back"
    with pytest.raises(Unfit):
        remade(papers.picture()[:50], "a.png")
    assert remade(papers.picture(), "a.png")


def test_pictures_that_move_are_refused() -> None:
    assert why(moving("PNG"), "a.png") == Reason.MOVING
    assert why(moving("WEBP"), "a.webp") == Reason.MOVING


def test_damaged_pictures_are_refused() -> None:
    for kind, name in (("PNG", "a.png"), ("JPEG", "a.jpg"), ("WEBP", "a.webp")):
        whole = papers.picture(kind, (300, 300))
        assert why(whole[: len(whole) // 2], name) == Reason.DAMAGED
        assert why(whole[:16] + b"<script>" * 50, name) == Reason.DAMAGED


def test_a_picture_of_too_many_pixels_is_not_even_unpacked() -> None:
    head = papers.picture("PNG", (10, 10))
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    huge = head[:12] + ihdr + struct.pack(">I", zlib.crc32(ihdr)) + head[33:]
    assert why(huge, "a.png") == Reason.PIXELS


def test_the_limit_of_pixels_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures_module, "MOST_PIXELS", 100)
    assert why(papers.picture(size=(101, 1)), "a.png") == Reason.PIXELS
    assert remade(papers.picture(size=(50, 2)), "a.png")[1].size == (50, 2)


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent_name", "kept"),
    [
        ("Answer.pdf", "Answer.pdf"),
        ("Résumé für Straße 東京.PDF", "Résumé für Straße 東京.PDF"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\anna\\Answer.pdf", "Answer.pdf"),
        ("/etc/cron.d/job.pdf", "job.pdf"),
        ("answer.pdf\0.exe", "answer.pdf.exe"),
        ("ann\u202efdp.exe", "annfdp.exe"),
        ("a\u200bb\u2066c.pdf", "abc.pdf"),
        ("answer\r\nSet-Cookie: a=b.pdf", "answer Set-Cookie a=b.pdf"),
        ('a"b<c>d|e?f*g%h;i`j$k&l.pdf', "a b c d e f g h i j k l.pdf"),
        ("...hidden.pdf", "hidden.pdf"),
        ("con.pdf", "con-.pdf"),
        ("LPT1", "LPT1-"),
        ("   ", ""),
        ("\u202e\u200b", ""),
        ("..", ""),
    ],
)
def test_a_name_is_made_harmless(sent_name: str, kept: str) -> None:
    assert tidy_name(sent_name) == kept


@pytest.mark.parametrize(
    ("sent_name", "kept"),
    [
        ("Report", "Report.pdf"),
        ("Report v1.2", "Report v1.2.pdf"),
        ("", "document.pdf"),
        (".pdf", "pdf.pdf"),
        ("a.pdf", "a.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_gets_the_ending_of_what_it_is(sent_name: str, kept: str) -> None:
    assert name_for(sent_name, Kind.PDF) == kept
    assert len(kept) <= 120


def test_a_turned_name_cannot_pass_a_program_for_a_document() -> None:
    with pytest.raises(Unfit, match="ending"):
        name_for("annual\u202efdp.exe", Kind.PDF)


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == set(Reason)
    assert set(KINDS) == set(Kind)
