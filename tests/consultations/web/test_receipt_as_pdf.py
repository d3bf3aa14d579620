"""The receipt as a PDF: offered where the site has what makes one, and nothing is fetched for it."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from app.core.web.pdf import pdf_maker, refuse_to_fetch
from tests.consultations.asking import NO, Asking
from tests.consultations.visiting import Visitor
from tests.site import RunningSite

HOSTILE = '<img src="http://169.254.169.254/a.png"> <link rel=stylesheet href="file:///etc/passwd">'


class Press(ModuleType):
    """Stands where WeasyPrint would, and writes down what it was asked for."""

    def __init__(self) -> None:
        super().__init__("weasyprint")
        self.pages: list[dict[str, Any]] = []
        self.threads: list[str] = []
        press = self

        class CSS:
            def __init__(self, **given: Any) -> None:
                self.given = given

        class HTML:
            def __init__(self, **given: Any) -> None:
                self.given = given

            def write_pdf(self, **options: Any) -> bytes:
                press.threads.append(threading.current_thread().name)
                press.pages.append(self.given | options)
                return b"%PDF-1.7 of " + self.given["string"].encode()

        self.CSS, self.HTML = CSS, HTML


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Iterator[Press]:
    made = Press()
    monkeypatch.setitem(sys.modules, "weasyprint", made)
    pdf_maker.cache_clear()
    yield made
    pdf_maker.cache_clear()


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # importing it fails, whatever is installed
    pdf_maker.cache_clear()
    yield
    pdf_maker.cache_clear()


def receipt(site: RunningSite, why: str = HOSTILE) -> tuple[Visitor, str]:
    """Ana with her receipt open, and its address."""
    asking = Asking(site.town)
    number = asking.responded(asking.published(), {2: {"options": [NO.id]}, 3: why}, name="Ana Almeida")
    ana = Visitor(site.base)
    ana.open(path := f"/responses/receipt/{site.town.keys.token('consultations.receipt', number)}")
    return ana, path


def test_ana_takes_her_receipt_along_and_nothing_is_fetched(sqlite_site: RunningSite, press: Press) -> None:
    ana, path = receipt(sqlite_site)
    assert f'href="{path}/pdf">Download as PDF' in ana.page.text
    answer = ana.http.get(f"{path}/pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    (page,) = press.pages
    assert "Should crossing cost something?" in page["string"]
    assert "<img" not in page["string"]
    assert "&lt;img src=" in page["string"], "her words are words"
    assert page["pdf_variant"] == "pdf/ua-1", "tagged, for readers that read aloud"
    assert page["url_fetcher"] is refuse_to_fetch
    assert page["stylesheets"][0].given["url_fetcher"] is refuse_to_fetch
    assert press.threads[0].startswith("export"), "not in a thread that pages wait for"
    for address in ("http://169.254.169.254/a.png", "file:///etc/passwd", "data:text/css,*{}"):
        with pytest.raises(ValueError, match="nothing is fetched"):
            refuse_to_fetch(address)


def test_without_the_extra_it_is_neither_offered_nor_there(sqlite_site: RunningSite, without_extra: None) -> None:
    ana, path = receipt(sqlite_site)
    assert "/pdf" not in ana.main
    assert ana.http.get(f"{path}/pdf").status_code == 404


def test_a_receipt_that_was_stopped_is_not_printed(sqlite_site: RunningSite, press: Press) -> None:
    ana, path = receipt(sqlite_site)
    ana.http.post(f"{path}/stop")
    assert ana.http.get(f"{path}/pdf").status_code == 410
    assert press.pages == []


@pytest.mark.skipif(
    importlib.util.find_spec("weasyprint") is None, reason="WeasyPrint is not installed: pip install townsquare[pdf]"
)
def test_the_real_one_makes_a_tagged_pdf_of_what_ana_and_karim_said(sqlite_site: RunningSite) -> None:
    pdf_maker.cache_clear()
    ana, path = receipt(sqlite_site, "الرسوم مرتفعة جدًا، and too dear.")
    made = ana.http.get(f"{path}/pdf").content
    assert made.startswith(b"%PDF-1.7")
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    inside = made + b"".join(zlib.decompressobj().decompress(packed) for packed in streams)
    for part in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang", b"pdfuaid:part"):
        assert part in inside, "readers that read aloud need it"
