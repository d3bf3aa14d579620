"""The search for programs, described."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.web.problems import BUSY, answers, problems, wrong
from app.search.queries.finding import MOST_PAGES
from app.search.web.finding import answer_json
from app.search.web.shapes import EXAMPLE_URL, KindOut, ResultOut, SearchOut

KINDS = "petition, consultation, townhall, question, comment, answer, commitment, department, page"
_EXAMPLE = SearchOut(
    query="library sundays",
    corrected=False,
    in_part=False,
    suggestion=None,
    total=1,
    more=False,
    page=1,
    pages=1,
    kinds=[KindOut("petition", "Petitions", 1), KindOut("comment", "Comments", 0)],
    results=[
        ResultOut(
            kind="petition",
            id=17,
            title="Open the town library on Sundays",
            excerpt="Many of us work on weekdays and never see the library open.",
            state="open",
            department="leisure",
            date="2026-05-03",
            url=EXAMPLE_URL,
        )
    ],
    next=None,
    previous=None,
)


@get(
    "/api/v1/search",
    name="search.api.find",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Search everything that is public",
    responses={
        200: answers(SearchOut, "At most 20 finds, the likeliest first", _EXAMPLE),
        **problems(wrong("to", "Enter a last day that is the same as the first one, or later."), BUSY),
    },
)
def search(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    q: Annotated[
        str,
        QueryParameter(description='Words; "in quotation marks": word for word; -word: without it. At most 200 signs.'),
    ] = "",
    kind: Annotated[str, QueryParameter(description=f"One of {KINDS}; all of them where left out.")] = "",
    department: Annotated[str, QueryParameter(description="The short name of one that leads or helps.")] = "",
    since: Annotated[date | None, QueryParameter(name="from", description="The first day, 2026-01-31.")] = None,
    until: Annotated[date | None, QueryParameter(name="to", description="The last day.")] = None,
    spelling: Annotated[
        str, QueryParameter(name="as", description="`typed`: no other words are tried where nothing is found.")
    ] = "",
    page: Annotated[int, QueryParameter(ge=1, le=MOST_PAGES, description="The first 500 finds can be read.")] = 1,
) -> Response[SearchOut]:
    """Petitions, consultations, town halls, questions, comments, answers, promises, departments and rules that have the
    words in any of their forms. Spelling mistakes are forgiven. Parameters that are not described are left unread."""
    given = {
        "q": q,
        "kind": kind,
        "department": department,
        "from": since.isoformat() if since else "",
        "to": until.isoformat() if until else "",
        "as": spelling,
        "page": str(page),
    }
    return answer_json(request, db, "/api/v1/search", given)  # type: ignore[return-value]


HANDLERS = [search]
