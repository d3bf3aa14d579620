"""One promise: what, who, by when, and how far it has come."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text.figures import is_whole
from app.outcomes import queries
from app.outcomes.queries import public, shown
from app.outcomes.rules.commitments import PROGRESS_NAMES, is_safe_link
from app.outcomes.web.asked import FRESH_FOR, midnight, moment


@get("/commitments/{ref:str}", name="outcomes.commitment", guards=[anyone], sync_to_thread=True)
def commitment_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]
) -> Response[bytes]:
    """Withdrawn ones, and those about what may not be read at the moment, are as good as none."""
    state, at = request.app.state, moment(request)
    row = public.promise(db, state.site.subjects, _number(ref))
    found = shown.promises(db, state.site.subjects, [row], at) if row else []
    if row is None or not found:
        raise NotFound
    [promise] = found
    response: Response[bytes] = state.pages.public(
        "outcomes/public/commitment.html",
        keys=("outcomes", f"{row.subject_kind}:{row.subject_id}", f"department:{row.department_id}"),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        found=promise,
        row=row,
        steps=queries.progress_of(db, [row.id]).get(row.id, ()),
        progress_names=PROGRESS_NAMES,
        is_safe_link=is_safe_link,
        now=at.now,
    )
    return response


def _number(ref: str) -> int:
    """The number in an address; anything else is no promise."""
    if not is_whole(ref):
        raise NotFound
    return int(ref)


HANDLERS = [commitment_page]
