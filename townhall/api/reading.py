"""What programs read: the list of town halls, and one of them."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.paging import A_PAGE, Page
from app.core.web.page import public
from app.core.web.problems import BUSY, UNKNOWN, answers, problems, wrong
from app.departments.queries import by_ids
from townhall.api.shapes import EXAMPLE_PAGE, EXAMPLE_WHOLE, HallPage, HallWhole
from townhall.queries import finding, halls
from townhall.queries.facts import facts_of, whole_of
from townhall.queries.finding import STATES_ASKED

JSON: Final = "application/json"
_OPEN_DATA: Final = {"access-control-allow-origin": "*"}


@get(
    "/api/v1/townhalls",
    name="townhalls.api.list",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="List town halls",
    responses={
        200: answers(HallPage, "25 town halls", EXAMPLE_PAGE),
        **problems(wrong("page", "Expected `int` >= 1"), BUSY),
    },
)
def hall_list(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    q: Annotated[str, QueryParameter(description="Words; each must be in its title, summary or text.")] = "",
    in_state: Annotated[
        str, QueryParameter(name="state", description=f"One of {', '.join(STATES_ASKED)}.")
    ] = finding.CURRENT,
    department: Annotated[str, QueryParameter(description="The short name of the one that leads.")] = "",
    page: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> Response[HallPage]:
    """Town halls, filtered and in the order of the page. Parameters that are not described are left unread."""
    now, base = request.app.state.clock.now(), request.app.state.settings.base_url
    asked = finding.read_asked(db, {"q": q, "state": in_state, "department": department})
    rows = finding.find(db, asked.search, now, offset=(page - 1) * A_PAGE)
    total = finding.count(db, asked.search, now)
    shown = Page(rows=rows, total=total, page=page, path="/api/v1/townhalls", query=asked.query())
    leads = by_ids(db, [hall.department_id for hall in rows])
    body = {
        "total": total,
        "page": page,
        "pages": shown.pages,
        "townhalls": [facts_of(hall, leads, base) for hall in rows],
        "next": base + shown.url(page + 1) if page < shown.pages else None,
        "previous": base + shown.url(page - 1) if page > 1 else None,
    }
    until = finding.next_turn_of_any(db, now)
    content = msgspec.json.encode(body)
    headers = {**_OPEN_DATA, **shown.link_header(base)}
    return public(content, JSON, keys=("townhalls",), good_until=until, fresh_for=60, headers=headers)  # type: ignore[return-value]


@get(
    "/api/v1/townhalls/{hall_id:int}",
    name="townhalls.api.show",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a town hall",
    responses={200: answers(HallWhole, "The town hall", EXAMPLE_WHOLE), **problems(UNKNOWN, BUSY)},
)
def hall(request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]) -> Response[HallWhole]:
    """One town hall that is public, with its people and its agenda."""
    found = halls.readable_hall(db, hall_id)
    if found is None:
        raise NotFound
    body = whole_of(db, found, request.app.state.settings.base_url)
    content = msgspec.json.encode(body)
    return public(content, JSON, keys=(f"townhall:{hall_id}",), fresh_for=60, headers=_OPEN_DATA)  # type: ignore[return-value]


HANDLERS = [hall_list, hall]
