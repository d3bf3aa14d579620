"""Where an administrator's day begins, and the departments."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import administrators
from app.accounts.model import Account
from app.accounts.rules.roles import Power
from app.core.errors import Invalid
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.departments import service as founding
from app.mail import queries as mail


@get("/admin", name="front.admin", guards=[administrators], sync_to_thread=True)
def admin(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "front/admin.html",
        staff=account,
        more=[p.shown(db, state.clock.now()) for p in state.site.staff_pages if p.power is Power.ADMINISTER],
        dead=len(mail.dead_letters(db)),
        waiting=mail.count_waiting(db),
        departments=len(departments.active(db)),
    )
    return response


@get("/admin/departments", name="front.admin-departments", guards=[administrators], sync_to_thread=True)
def department_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _departments(request, db, account, Form())


@post(
    "/admin/departments",
    name="front.admin-departments.post",
    guards=[administrators],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def found_department(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    now = request.app.state.clock.now()
    try:
        founding.found(db, form.get("slug", "").strip(), form.get("name", ""), by=account.id, now=now)
    except Invalid as wrong:
        shown = Form(values=form, errors={e.field: str(e.message) for e in wrong.errors})
        return _departments(request, db, account, shown, status=422)
    return see_other("/admin/departments")


def _departments(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_departments.html", status=status, staff=account, departments=departments.active(db), form=form
    )
    return response


HANDLERS = [admin, department_list, found_department]
