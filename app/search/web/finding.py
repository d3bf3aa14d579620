"""The search across rooms, as a page and as data."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.web.edge import shows
from app.core.web.page import public
from app.search.queries.finding import A_PAGE, MOST_PAGES, Finder, Found
from app.search.queries.matching import MOST
from app.search.web.asked import AS_TYPED, Asked, read_asked
from app.search.web.shapes import read_out
from app.search.web.shown import Shown, kind_links, next_turn, page_keys, shown

FRESH_FOR = 5
OPEN_DATA = {"access-control-allow-origin": "*"}


# every find is as its room has it when its page is made; totals may be seconds old anyway
@shows("/search", name="search.find", at_once=False)
def search(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state, finder = request.app.state, finder_of(request)
    asked = read_asked(request.query_params, finder.choices(db))
    now = state.clock.now()
    found = Found(asked.wanted.query) if asked.form.errors else finder.find(db, asked.wanted, now)
    response: Response[bytes] = state.pages.public(
        "search/results.html",
        keys=page_keys(found.rows),
        status=422 if asked.form.errors else 200,
        fresh_for=FRESH_FOR,
        good_until=next_turn(found.rows, now),
        error_prefix=bool(asked.form.errors),
        **page_values(request, finder, asked, found, db, "/search"),
    )
    return response


def page_values(
    request: Request[Any, Any, Any], finder: Finder, asked: Asked, found: Found, db: Session, path: str
) -> dict[str, Any]:
    """What the page of results shows, the public one and staff's."""
    choices = finder.choices(db)
    rows: list[Shown] = shown(found, finder.searchable, choices, request.app.state.pages)
    return {
        "asked": asked,
        "found": found,
        "page": Page(rows=rows, total=found.total, page=asked.wanted.page, path=path, query=asked.kept, size=A_PAGE),
        "kinds": kind_links(found, finder.searchable, asked.wanted.kind),
        "choices": tuple(choices.values()),
        "as_typed": AS_TYPED,
        "most": MOST,
        "most_pages": MOST_PAGES,
    }


@shows("/search.json", name="search.find-json", at_once=False)
def search_json(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """The same for programs; raises Invalid where the page would say what is wrong."""
    return answer_json(request, db, "/search.json", request.query_params)


def answer_json(request: Request[Any, Any, Any], db: Session, path: str, query: Any) -> Response[bytes]:
    finder, now = finder_of(request), request.app.state.clock.now()
    asked = read_asked(query, finder.choices(db))
    asked.check()
    found = finder.find(db, asked.wanted, now)
    body = msgspec.json.encode(read_out(found, asked, finder, finder.choices(db), request.app.state, path))
    return public(
        body,
        "application/json",
        keys=page_keys(found.rows),
        fresh_for=FRESH_FOR,
        good_until=next_turn(found.rows, now),
        headers=OPEN_DATA,
    )


def finder_of(request: Request[Any, Any, Any]) -> Finder:
    finder: Finder = request.app.state.site.dependencies["searching"]
    return finder


HANDLERS = [search, search_json]
