"""You said, we did: what was answered, what is owed, and which promises were kept."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.paging import A_PAGE, Page
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import STATES
from app.outcomes.rules.answers import GRADE_NAMES
from app.outcomes.web.asked import FRESH_FOR, midnight, moment, read_asked


@get("/outcomes", name="outcomes.list", guards=[anyone], sync_to_thread=True)
def outcome_list(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Answers, the newest first, unless the reader asks for another list."""
    state = request.app.state
    asked, at, totals = read_asked(request, db), moment(request), state.site.outcome_totals
    rows, total = totals.find(db, asked.wanted, at, offset=asked.offset, most=A_PAGE)
    subjects, zone = state.site.subjects, state.settings.zone
    if asked.wanted.of_promises:
        found: list[Any] = shown.promises(db, subjects, rows, at)
    else:
        found = shown.outcomes(db, subjects, rows, at, zone)
    page = Page(rows=found, total=total, page=asked.page, path="/outcomes", query=asked.link_query)
    response: Response[bytes] = state.pages.public(
        "outcomes/public/list.html",
        keys=("outcomes", *map(str, public.subjects_of(rows))),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        page=page,
        asked=asked,
        states=STATES,
        counts=totals.counts(db, asked.wanted, at),
        choices=totals.choices(db),
        grades=GRADE_NAMES,
        now=at.now,
    )
    return response


HANDLERS = [outcome_list]
