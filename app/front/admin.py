"""Where an administrator's day begins."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.departments import queries as departments
from app.mail import queries as mail


@get("/admin", name="front.admin", guards=[may("front.admin")], sync_to_thread=True)
def admin(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "front/admin.html",
        staff=account,
        more=state.site.pages_under("/admin", account.role, db, state.clock.now()),
        dead=len(mail.dead_letters(db)),
        waiting=mail.count_waiting(db),
        advice=[line for look in state.site.advice for line in look(db, state.clock.now())],
        departments=len(departments.active(db)),
    )
    return response


HANDLERS = [admin]
