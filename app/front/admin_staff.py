"""Staff accounts: who works here, inviting somebody, and what becomes of an account."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.accounts.service import factor, inviting, managing
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.security import sessions
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.departments import service as appointing
from app.departments.model import Department
from app.front.changes import changes_to
from app.operation.rules import read_reason
from app.tokens.queries import issued_by

ROLES = [str(role) for role in Role if role in STAFF_ROLES]
ACTS = frozenset({"name", "role", "disable", "enable", "factor", "invite"})
DONE = ACTS | {"invited"}


@get("/admin/staff", name="front.staff", guards=[may("accounts.see")], sync_to_thread=True)
def staff_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _list(request, db, account, Form())


@post(
    "/admin/staff",
    name="front.staff.invite",
    guards=[may("accounts.manage")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def invite(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """A new account, and a letter with a link to set its password."""
    state = request.app.state
    now = state.clock.now()
    email, name, role = (form.get(field, "") for field in ("email", "name", "role"))
    try:
        department = _department(db, form, role)
        invited = accounts.add_staff(db, email, role, name, by=account.id, now=now)
        if department is not None:
            appointing.appoint(db, invited.id, department, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _list(request, db, account, Form.again(form, wrong), status=422)
    inviting.invite(db, state.keyring, invited, by=account.id, now=now)
    return see_other(f"/admin/staff/{invited.id}?done=invited")


@get("/admin/staff/{account_id:int}", name="front.staff-one", guards=[may("accounts.see")], sync_to_thread=True)
def staff_one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    account_id: FromPath[int],
) -> Response[bytes]:
    return _one(request, db, account, account_id, Form())


@post(
    "/admin/staff/{account_id:int}",
    name="front.staff-one.post",
    guards=[may("accounts.manage")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_staff(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    account_id: FromPath[int],
) -> Response[Any]:
    """``act`` says what changes; each takes a reason."""
    asked, act = Form(values=form), form.get("act", "")
    reason = asked.read("reason", read_reason)
    if act not in ACTS:
        asked.refuse("act", str(_("Choose what should change.")))
    if asked.errors or reason is None:
        return _one(request, db, account, account_id, asked, status=422)
    try:
        _change(request, db, account, account_id, act, form, reason)
    except Invalid as wrong:
        db.rollback()
        return _one(request, db, account, account_id, Form.again(form, wrong), status=422)
    return see_other(f"/admin/staff/{account_id}?done={act}")


def _change(
    request: Request[Any, Any, Any], db: Session, by: Account, account_id: int, act: str, form: Sent, reason: str
) -> None:
    state = request.app.state
    said: dict[str, Any] = {"reason": reason, "by": by.id, "now": state.clock.now()}
    match act:
        case "name":
            managing.change_name(db, account_id, form.get("name", ""), **said)
        case "role":
            role = form.get("role", "")
            appointing.change_role(db, account_id, role, _department(db, form, role), **said)
        case "disable":
            managing.disable(db, account_id, **said)
        case "enable":
            managing.enable(db, account_id, **said)
        case "factor":
            managing.one(db, account_id)
            managing.check_not_own(account_id, by.id)
            factor.reset(db, account_id, **said)
        case _invite:
            inviting.invite(db, state.keyring, managing.able(db, account_id), **said)


def _department(db: Session, form: Sent, role: str) -> Department | None:
    """An officer's department; :class:`Invalid` where it is missing. Officials may have one, to write its consultations."""
    slug = form.get("department", "")
    if role != Role.OFFICER and not (role == Role.OFFICIAL and slug):
        return None
    found = departments.by_slug(db, slug)
    if found is None or found.dissolved_at is not None:
        raise Invalid([FieldError("department", _("Choose the department that they answer for."))])
    return found


def _list(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_staff.html",
        status=status,
        staff=account,
        people=managing.staff(db),
        roles=ROLES,
        form=form,
        required=request.app.state.settings.staff_second_factor == "required",
        **_offices(db),
    )
    return response


def _one(
    request: Request[Any, Any, Any], db: Session, account: Account, account_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    person, query = managing.one(db, account_id), request.query_params
    now, offices = request.app.state.clock.now(), _offices(db)
    office = offices["of_officer"].get(person.id)
    typed = {"name": person.name, "role": person.role, "department": office.slug if office else ""}
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_staff_one.html",
        status=status,
        staff=account,
        person=person,
        is_own=person.id == account.id,
        signed_in=len(sessions.of_holder(db, person.id, now)),
        roles=ROLES,
        form=Form(values={**typed, **form.values}, errors=form.errors),
        changes=changes_to(db, SubjectRef("account", person.id), but="accounts.sign-in"),
        issued=issued_by(db, person.id, now),
        done=query.get("done", "") if query.get("done") in DONE and status == 200 else "",
        **offices,
    )
    return response


def _offices(db: Session) -> dict[str, Any]:
    """The departments one may act for, and who acts for which."""
    by_id = {d.id: d for d in departments.all_of_them(db)}
    return {
        "departments": [d for d in by_id.values() if d.dissolved_at is None],
        "of_officer": {person: by_id[office] for person, office in departments.officers(db).items()},
    }


HANDLERS = [staff_list, invite, staff_one, change_staff]
