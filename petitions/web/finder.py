"""Any petition in any state, for moderators: by number or by words."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.paging import A_PAGE, Page, read_page
from app.moderation import queries as moderation
from petitions.queries.finder import found_by_staff
from petitions.rules.lifecycle import STATE_NAMES, PetitionState


@get("/moderation/petitions", name="petitions.finder", guards=[may("petitions.find")], sync_to_thread=True)
def finder(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    asked = {k: str(v) for k, v in request.query_params.items()}
    q, state = asked.get("q", "")[:200].strip(), asked.get("state", "")
    state = state if state in set(PetitionState) else ""
    number = read_page(asked.get("page", ""))
    rows, total = found_by_staff(db, q, state, offset=(number - 1) * A_PAGE, most=A_PAGE)
    page = Page(rows=rows, total=total, page=number, path="/moderation/petitions", query={"q": q, "state": state})
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/finder.html",
        staff=account,
        page=page,
        q=q,
        state=state,
        states=STATE_NAMES,
        cases=moderation.newest_cases(db, "petition", [p.id for p in rows]),
        published=(PetitionState.OPEN, PetitionState.CLOSED),
    )
    return response


HANDLERS = [finder]
