"""Finds as pages and programs show them, with the words of the search marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.core.web.page import Pages
from app.search.contribution import Searchable
from app.search.queries.finding import Choices, Found
from app.search.queries.shown import Result
from app.search.rules.marking import Marker, Piece


class Shown(NamedTuple):
    """``day`` in words; ``state`` and ``department`` may be empty."""

    kind: str
    one: str
    title: Sequence[Piece]
    href: str
    excerpt: Sequence[Piece]
    day: str
    iso_day: str
    state: str
    department: str
    is_public: bool


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
        title=marker.pieces(row.title),
        href=row.href,
        excerpt=marker.excerpt(row.body),
        day=pages.say_date(row.at),
        iso_day=pages.iso_day(row.at),
        state=str(kind.states.get(row.state, "")),
        department=choices[number][1] if number and number in choices else "",
        is_public=row.is_public,
    )


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
