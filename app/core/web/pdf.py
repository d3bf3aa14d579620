"""Pages as tagged PDF, where this site has what makes them: WeasyPrint, which the ``pdf`` extra brings."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

#: of every page that is made into a PDF
PRINT = """
@page { size: A4; margin: 20mm 18mm 22mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 9pt } }
body { font-family: sans-serif; font-size: 11pt; line-height: 1.4; overflow-wrap: anywhere }
h1 { font-size: 18pt } h2 { font-size: 14pt; margin-top: 16pt; break-after: avoid }
dl { margin: 0 } dt { font-weight: bold; break-after: avoid } dd { margin: 0 0 8pt }
.ts-verbatim { white-space: pre-line }
"""

#: a whole HTML document, and the address that its links count from → the PDF's bytes
Maker = Callable[[str, str], bytes]


@cache
def pdf_maker() -> Maker | None:
    """None where the extra, or a library of the system that it needs, is missing. Looked for once."""
    try:
        from weasyprint import CSS, HTML  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except (ImportError, OSError):
        return None

    def make(html: str, base: str) -> bytes:
        page = HTML(string=html, base_url=base, url_fetcher=refuse_to_fetch)
        sheet = CSS(string=PRINT, url_fetcher=refuse_to_fetch)
        made: bytes = page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
        return made

    return make


def refuse_to_fetch(url: str, **_options: Any) -> NoReturn:
    """What is printed stands in the page: nothing is read from a network or a disk, whatever people typed."""
    raise ValueError("nothing is fetched for a PDF")
