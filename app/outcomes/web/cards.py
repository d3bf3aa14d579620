"""Training cards of the desk: put away once they were read, and taken out again."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.outcomes.rules.cards import Card
from app.outcomes.service import desk

_OURS = re.compile(r"/desk(?:/[a-z0-9-]+)*\Z")


@post(
    "/desk/cards",
    name="outcomes.cards",
    guards=[may("outcomes.desk")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def put_away(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """``card`` names the one that was read; ``do=again`` shows all of them anew. ``back``: the page it stood on."""
    if form.get("do") == "again":
        desk.take_out_again(db, account.id)
    elif form.get("card") in set(Card):
        desk.put_away(db, account.id, form["card"], request.app.state.clock.now())
    else:
        raise NotFound
    back = form.get("back", "")
    return see_other(back if _OURS.match(back) else "/desk")


HANDLERS = [put_away]
