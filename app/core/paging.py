"""Pages of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import urlencode

from app.core.text.figures import is_whole

T = TypeVar("T")
A_PAGE = 25


@dataclass(frozen=True)
class Page(Generic[T]):
    """``rows`` of page ``page`` (from 1) out of ``total`` rows."""

    rows: Sequence[T]
    total: int
    page: int
    path: str
    query: Mapping[str, str]
    size: int = A_PAGE

    @cached_property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    def url(self, page: int) -> str:
        """The address of another page, the filters kept."""
        return f"{self._others}page={page}" if page > 1 else self._first

    @cached_property
    def _first(self) -> str:
        query = {k: v for k, v in self.query.items() if v and k != "page"}
        return self.path + ("?" + urlencode(query) if query else "")

    @cached_property
    def _others(self) -> str:
        """The address of any other page, up to its number."""
        return f"{self._first}{'&' if '?' in self._first else '?'}"

    def link_header(self, base: str) -> dict[str, str]:
        """The way to the pages around it as a ``Link`` header (RFC 8288), whole addresses under ``base``."""
        pages = {"first": 1, "last": self.pages}
        pages |= {"prev": self.page - 1} if self.page > 1 else {}
        pages |= {"next": self.page + 1} if self.page < self.pages else {}
        return {"link": ", ".join(f'<{base}{self.url(page)}>; rel="{rel}"' for rel, page in sorted(pages.items()))}


def read_page(text: str) -> int:
    """A page number from an address; anything odd is the first page."""
    return int(text) if is_whole(text, figures=6) and int(text) > 0 else 1
