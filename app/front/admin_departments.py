"""Departments: founding, renaming, dissolving, and who answers for each."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.accounts.service import managing
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.departments import service as founding
from app.departments.model import Department
from app.front.changes import changes_to
from app.operation.rules import read_reason
from app.outcomes import passing_on
from app.outcomes.contribution import Referred
from app.outcomes.model import Commitment, Referral
from app.site import Site
from app.tokens.queries import living as living_tokens
from app.tokens.service import ending

ACTS = frozenset({"rename", "dissolve", "bring-back", "appoint", "dismiss", "two-people", "one-person"})


@get("/admin/departments", name="front.departments", guards=[may("front.departments")], sync_to_thread=True)
def department_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _list(request, db, account, Form())


@post(
    "/admin/departments",
    name="front.departments.post",
    guards=[may("front.departments")],
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
        return _list(request, db, account, Form.again(form, wrong), status=422)
    return see_other("/admin/departments")


@get(
    "/admin/departments/{department_id:int}",
    name="front.department",
    guards=[may("front.departments")],
    sync_to_thread=True,
)
def department(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    department_id: FromPath[int],
) -> Response[bytes]:
    return _one(request, db, account, department_id, Form())


@post(
    "/admin/departments/{department_id:int}",
    name="front.department.post",
    guards=[may("front.departments-change")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_department(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    department_id: FromPath[int],
) -> Response[Any]:
    """``act`` says what changes; each takes a reason."""
    asked, act = Form(values=form), form.get("act", "")
    reason = asked.read("reason", read_reason)
    if act not in ACTS:
        asked.refuse("act", str(_("Choose what should change.")))
    if asked.errors or reason is None:
        return _one(request, db, account, department_id, asked, status=422)
    try:
        _change(request, db, account, department_id, act, form, reason)
    except Invalid as wrong:
        db.rollback()
        return _one(request, db, account, department_id, Form.again(form, wrong), status=422)
    return see_other(f"/admin/departments/{department_id}?done={act}")


def _change(
    request: Request[Any, Any, Any], db: Session, by: Account, department_id: int, act: str, form: Sent, reason: str
) -> None:
    said: dict[str, Any] = {"reason": reason, "by": by.id, "now": request.app.state.clock.now()}
    match act:
        case "rename":
            founding.rename(db, department_id, form.get("name", ""), **said)
        case "dissolve":
            heir = _heir(db, form)
            passing_on.pass_on(db, department_id, heir.id if heir else None, by=by.id, now=said["now"])
            founding.dissolve(db, department_id, **said)
            ending.end_of_department(db, department_id, by=by.id, now=said["now"])
        case "bring-back":
            founding.bring_back(db, department_id, **said)
        case "two-people" | "one-person":
            founding.want_two_people(db, department_id, act == "two-people", **said)
        case "appoint":
            person, office = _person(db, form, "appointed"), _found(db, department_id)
            founding.change_role(db, person, Role.OFFICER, office, **said)
        case _dismiss:
            founding.dismiss(db, _person(db, form, "dismissed"), department_id=department_id, **said)


def _found(db: Session, department_id: int) -> Department:
    found = db.get(Department, department_id)
    if found is None:
        raise NotFound
    return found


def _heir(db: Session, form: Sent) -> Department | None:
    heir = departments.by_slug(db, form.get("heir", ""))
    return heir if heir is not None and heir.dissolved_at is None else None


def _person(db: Session, form: Sent, field: str) -> int:
    """A member of staff by number, as the form's list names them."""
    text = form.get(field, "")
    number = int(text) if is_whole(text) else 0
    try:
        return managing.one(db, number).id
    except NotFound as wrong:
        raise Invalid([FieldError(field, _("Choose one of the staff."))]) from wrong


def _list(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    offices = departments.officers(db)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_departments.html",
        status=status,
        staff=account,
        departments=departments.all_of_them(db),
        officers={office: sum(o == office for o in offices.values()) for office in offices.values()},
        owed=passing_on.owed(db),
        form=form,
    )
    return response


def _one(
    request: Request[Any, Any, Any], db: Session, account: Account, department_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    office, site, done = _found(db, department_id), request.app.state.site, request.query_params.get("done", "")
    offices, people = departments.officers(db), managing.staff(db)
    duties = passing_on.owed_by(db, office.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_department.html",
        status=status,
        staff=account,
        department=office,
        officers=[p for p in people if offices.get(p.id) == office.id],
        others=[p for p in people if offices.get(p.id) != office.id and not p.disabled_at and p.id != account.id],
        heirs=[d for d in departments.active(db) if d.id != office.id],
        owed=passing_on.owed(db).get(office.id, 0),
        duties=[(d, _subject(site, db, d)) for d in duties],
        tokens=len(living_tokens(db, office.id, request.app.state.clock.now())),
        promises=[(p, _subject(site, db, p)) for p in passing_on.promised_by(db, office.id)],
        form=Form(values={"name": office.name, **form.values}, errors=form.errors),
        changes=changes_to(db, SubjectRef("department", office.id)),
        done=done if done in ACTS and status == 200 else "",
    )
    return response


def _subject(site: Site, db: Session, row: Referral | Commitment) -> Referred | None:
    show = site.referred.get(row.subject_kind)
    return show(db, row.subject_id) if show else None


HANDLERS = [department_list, found_department, department, change_department]
