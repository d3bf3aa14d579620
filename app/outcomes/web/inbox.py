"""The department's list of what was referred, each with its clock."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.outcomes import queries
from app.outcomes.web.lookup import department_of, href_of, subject_of


@get("/desk", name="outcomes.desk", guards=[may("outcomes.desk")], sync_to_thread=True)
def desk(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    department = department_of(db, account)
    now = state.clock.now()
    rows = [
        (referral, subject_of(state, db, referral), queries.is_overdue(referral, now), href_of(state, referral))
        for referral in queries.duties(db, department.id)
    ]
    return state.pages.personal("outcomes/desk.html", staff=account, department=department, rows=rows, now=now)


HANDLERS = [desk]
