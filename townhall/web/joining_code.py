"""Into a hall by the code that stands on the projector."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import TooMany
from app.core.i18n import _
from app.core.security.limits import Allowance
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from townhall.queries import halls
from townhall.rules.codes import normal
from townhall.web.addressed import way_in

#: of one network: a whole room types it in the same minute
TRIES = Allowance(most=300, an_hour=3_000)


@get("/join", name="townhalls.join", guards=[anyone], sync_to_thread=True)
def join_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """With ``?code=`` it is filled in already."""
    return _page(request, Form(values={"code": str(request.query_params.get("code", ""))[:40]}))


@post("/join", name="townhalls.join.post", guards=[anyone], sync_to_thread=True, status_code=303)
def join(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[Any]:
    state, shown = request.app.state, Form(values={"code": form.get("code", "")[:200]})
    try:
        state.limits.spend(TRIES, request.client.host if request.client else "", "townhall-code")
    except TooMany as busy:
        return _page(request, shown, status=429, busy=busy)
    code = normal(shown.get("code"))
    if not code:
        shown.refuse("code", str(_("Enter the code.")))
        return _page(request, shown, status=422)
    hall = halls.by_code(db, code)
    if hall is None:
        words = _("No town hall has this code. Look at it once more: there may be a letter too many.")
        shown.refuse("code", str(words))
        return _page(request, shown, status=422)
    return see_other(way_in(hall))


def _page(
    request: Request[Any, Any, Any], form: Form, status: int = 200, busy: TooMany | None = None
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/join.html", status=status, form=form, busy=busy
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [join_page, join]
