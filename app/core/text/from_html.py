"""HTML of another system made into plain text: its words, its paragraphs, its lists; nothing of its markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from app.core.text.plain import tidy

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
#: whose content is no words
_SILENT = frozenset({"script", "style", "template", "title", "head", "iframe", "noscript", "object", "svg"})
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BREAKS = re.compile(r"\n{3,}")
_MARKUP = re.compile(r"<[a-zA-Z/!]|&(?:[a-zA-Z]{2,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def to_plain(text: str) -> str:
    """Tidied plain text. What holds no markup is taken as it is, line by line."""
    if not _MARKUP.search(text):
        return tidy(text)
    reader = _Words()
    reader.feed(text)
    reader.close()
    return tidy(_BREAKS.sub("\n\n", reader.text))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0

    @property
    def text(self) -> str:
        lines = "".join(self._parts).split("\n")
        return "\n".join(line.strip(" ") for line in lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(_SPACES.sub(" ", data))
