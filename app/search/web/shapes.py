"""Finds as programs read them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from app.search.queries.finding import A_PAGE, MOST_PAGES, Choices, Finder, Found
from app.search.queries.shown import Result
from app.search.rules.marking import Marker
from app.search.web.asked import Asked

#: of text around the words; plain, never HTML
EXAMPLE_URL = "https://example.org/petitions/17"


class ResultOut(Struct, frozen=True):
    """One thing that was found. ``excerpt`` is plain text around the first of the words."""

    kind: str
    id: int
    title: str
    excerpt: str
    state: str | None
    department: str | None
    date: str
    url: str


class KindOut(Struct, frozen=True):
    """``count`` is null where there are more than 500 finds in all."""

    kind: str
    name: str
    count: int | None


class SearchOut(Struct, frozen=True):
    """``query`` is what was looked for in the end: ``corrected`` tells whether other words were meant than typed."""

    query: str
    corrected: bool
    in_part: bool
    suggestion: str | None
    total: int
    more: bool
    page: int
    pages: int
    kinds: list[KindOut]
    results: list[ResultOut]
    next: str | None
    previous: str | None


def read_out(found: Found, asked: Asked, finder: Finder, choices: Choices, state: Any, path: str) -> SearchOut:
    """One page as a program reads it."""
    page, pages = asked.wanted.page, min(MOST_PAGES, max(1, -(-found.total // A_PAGE)))
    base = f"{state.settings.base_url}"
    marker = Marker(found.query, begun=found.begun)
    turned = {n: f"{base}{asked.link(path, page=str(n))}" for n in (page - 1, page + 1) if 0 < n <= pages}
    return SearchOut(
        query=found.query.text,
        corrected=found.is_corrected,
        in_part=found.in_part,
        suggestion=found.nearer.text if found.nearer else None,
        total=found.total,
        more=found.is_more,
        page=page,
        pages=pages,
        kinds=[
            KindOut(kind, str(one.name), None if found.is_more else found.kinds.get(kind, 0))
            for kind, one in finder.searchable.items()
        ],
        results=[_result(row, marker, choices, state) for row in found.rows],
        next=turned.get(page + 1),
        previous=turned.get(page - 1),
    )


def _result(row: Result, marker: Marker, choices: Choices, state: Any) -> ResultOut:
    number = row.department_id
    return ResultOut(
        kind=row.kind,
        id=row.subject_id,
        title=row.title,
        excerpt="".join(piece.text for piece in marker.excerpt(row.body)),
        state=row.state or None,
        department=choices[number][0] if number and number in choices else None,
        date=state.pages.iso_day(row.at),
        url=f"{state.settings.base_url}{row.href}",
    )
