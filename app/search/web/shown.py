"""Finds as pages and programs show them, with the words of the search marked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from app.core.web.page import Pages
from app.search.contribution import Searchable
from app.search.queries.finding import Choices, Found
from app.search.queries.shown import Result
from app.search.rules.marking import Marker, Piece


class Shown(NamedTuple):
    """``title`` and ``excerpt`` have the words of the search marked; ``day`` in words; ``excerpt``, ``state`` and
    ``department`` may be empty."""

    kind: str
    one: str
    title: Markup
    href: str
    excerpt: Markup
    day: str
    iso_day: str
    state: str
    department: str
    is_public: bool

    @property
    def own(self) -> Sequence[str]:
        return ("title", "href", "excerpt", "day", "iso_day")

    @property
    def alike(self) -> Hashable:
        return self.one, self.state, self.department, self.is_public


class KindLink(NamedTuple):
    """One kind to narrow by, and how many it has where that is known."""

    kind: str
    name: str
    figure: int | None


def shown(found: Found, searchable: Mapping[str, Searchable], choices: Choices, pages: Pages) -> list[Shown]:
    marker = Marker(found.query, begun=found.begun)
    return [_shown(row, marker, searchable[row.kind], choices, pages) for row in found.rows]


def _shown(row: Result, marker: Marker, kind: Searchable, choices: Choices, pages: Pages) -> Shown:
    number = row.department_id
    return Shown(
        kind=row.kind,
        one=str(kind.one),
        title=marked(marker.pieces(row.title)),
        href=row.href,
        excerpt=marked(marker.excerpt(row.body)),
        day=pages.say_date(row.at),
        iso_day=pages.iso_day(row.at),
        state=str(kind.states.get(row.state, "")),
        department=choices[number][1] if number and number in choices else "",
        is_public=row.is_public,
    )


def marked(pieces: Iterable[Piece]) -> Markup:
    """Somebody's text as a page may hold it, its marked words between tags."""
    return Markup("".join([f"<mark>{escape(t)}</mark>" if is_meant else escape(t) for t, is_meant in pieces]))  # noqa: S704  all of it is escaped


def kind_links(found: Found, searchable: Mapping[str, Searchable], wanted: str) -> list[KindLink]:
    """Kinds that have anything, and the one that is looked at; of too many finds nobody counts those of each kind."""
    if found.is_more:
        return [KindLink(kind, str(one.name), None) for kind, one in searchable.items()]
    return [
        KindLink(kind, str(one.name), found.kinds.get(kind, 0))
        for kind, one in searchable.items()
        if found.kinds.get(kind) or kind == wanted
    ]


def page_keys(rows: Sequence[Result]) -> set[str]:
    """What a page of these depends on."""
    return {key for row in rows for key in (row.ref, row.owner, *row.keys.split()) if key}


def next_turn(rows: Sequence[Result], now: datetime) -> datetime | None:
    """When the clock alone makes one of them another."""
    return min((row.turns_at for row in rows if row.turns_at is not None and row.turns_at > now), default=None)
