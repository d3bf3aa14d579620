"""A made-up matter to practise with: begun, worked on with the real pages, and cleared away."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.outcomes.service import desk, practising


@get("/desk/practice", name="outcomes.practice", guards=[may("outcomes.answer")], sync_to_thread=True)
def practice(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    department = department_of(db, account)
    matter = practising.of(db, department.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "outcomes/practice.html",
        staff=account,
        department=department,
        matter=matter,
        subject=practising.shown(db, matter.subject_id) if matter else None,
        cards=desk.cards_read(db, account.id),
    )
    return response


@post(
    "/desk/practice",
    name="outcomes.practise",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def practise(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """``do=begin`` opens a new one, ``do=clear`` leaves nothing of it."""
    state, department = request.app.state, department_of(db, account)
    if form.get("do") == "begin":
        matter = practising.begin(db, state.site.calendar, department.id, state.clock.now())
        return see_other(f"/desk/referrals/{matter.id}")
    if form.get("do") != "clear":
        raise NotFound
    practising.clear(db, department.id, state.clock.now())
    return see_other("/desk/practice")


HANDLERS = [practice, practise]
