"""The moderator's own page: on duty or not, and what they decided lately."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.moderation import duty, queries


@get("/moderation/me", name="moderation.duty", guards=[may("moderation.duty")], sync_to_thread=True)
def my_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "moderation/me.html",
        staff=account,
        on_duty=duty.is_on_duty(db, account),
        others=len(duty.on_duty(db) - {account.id}),
        hour=state.site.moderating.letter_hour,
        lately=queries.decided_by(db, account.id),
    )
    return response


@post(
    "/moderation/me",
    name="moderation.duty.switch",
    guards=[may("moderation.duty")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def switch_duty(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """``duty=on`` or ``off``."""
    if form.get("duty") in ("on", "off"):
        duty.switch(db, account.id, to=form["duty"] == "on", now=request.app.state.clock.now())
    return see_other("/moderation/me")


HANDLERS = [my_page, switch_duty]
