"""Words a department begins its answers with: kept under a name, changed, removed, put back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import is_blank, length, tidy, tidy_line
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.outcomes.model import AnswerTemplate
from app.outcomes.rules.answers import GRADE_NAMES, MOST_DETAILS, MOST_SUMMARY, Grade
from app.outcomes.rules.referrals import read_title
from app.outcomes.service import desk

DONE = frozenset({"kept", "put-back"})


@get("/desk/templates", name="outcomes.templates", guards=[may("outcomes.answer")], sync_to_thread=True)
def template_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """``removed`` offers to put that one back."""
    department, asked = department_of(db, account), request.query_params
    removed = desk.removed_template(db, read_number(asked.get("removed", "")), department.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "outcomes/templates.html",
        staff=account,
        department=department,
        templates=desk.templates(db, department.id),
        grades=GRADE_NAMES,
        removed=removed,
        done=asked.get("done", "") if asked.get("done", "") in DONE else "",
        most=desk.MOST_TEMPLATES,
        cards=desk.cards_read(db, account.id),
    )
    return response


@get("/desk/templates/new", name="outcomes.template-new", guards=[may("outcomes.answer")], sync_to_thread=True)
def new_template(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    department_of(db, account)
    return _page(request, account, None, Form())


@get(
    "/desk/templates/{template_id:int}",
    name="outcomes.template",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
)
def one_template(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    template_id: FromPath[int],
) -> Response[bytes]:
    found = desk.template(db, template_id, department_of(db, account).id)
    values = {"name": found.name, "grade": found.grade, "summary": found.summary, "details": found.details}
    return _page(request, account, found, Form(values=values))


@post(
    "/desk/templates",
    name="outcomes.template-keep",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def keep(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """A new one, or another text for ``template``, which may get another name with it."""
    department, now = department_of(db, account), request.app.state.clock.now()
    old = desk.template(db, number, department.id) if (number := read_number(form.get("template", ""))) else None
    typed = Form(values=form)
    name, grade = typed.read("name", read_title), typed.read("grade", _read_grade)
    summary, details = typed.read("summary", _read_summary), typed.read("details", _read_details)
    if name is None or grade is None or summary is None or details is None:
        return _page(request, account, old, typed, status=422)
    if desk.is_taken(db, department.id, name, besides=old.id if old else 0):
        typed.refuse(
            "name", str(_("There is a template with this name already. Choose another name, or change that one."))
        )
        return _page(request, account, old, typed, status=422)
    if old is not None:
        desk.rename_template(db, old.id, department.id, name)
    desk.keep_template(db, department.id, name, grade, summary, details, by=account.id, now=now)
    return see_other("/desk/templates?done=kept")


@post(
    "/desk/templates/{template_id:int}",
    name="outcomes.template-remove",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    template_id: FromPath[int],
) -> Response[Any]:
    """``do=remove`` offers it no more, ``do=put-back`` undoes that."""
    department = department_of(db, account)
    if form.get("do") == "put-back":
        desk.put_back_template(db, template_id, department.id)
        return see_other("/desk/templates?done=put-back")
    if form.get("do") != "remove":
        raise NotFound
    desk.remove_template(db, template_id, department.id, request.app.state.clock.now())
    return see_other(f"/desk/templates?removed={template_id}")


def read_number(text: str) -> int:
    """A number from an address or a form; 0 for anything else."""
    return int(text) if is_whole(text) else 0


def _read_grade(text: str) -> str:
    """May be left open."""
    if text and text not in set(Grade):
        raise BadField(_("Choose what the department will do, or leave it open."))
    return text


def _read_summary(text: str) -> str:
    text = tidy_line(text)
    if length(text) > MOST_SUMMARY:
        raise BadField(_("The summary must be 200 characters or fewer."))
    return text


def _read_details(text: str) -> str:
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Enter the words that answers begin with."))
    if length(text) > MOST_DETAILS:
        raise BadField(_("The details must be 6,000 characters or fewer."))
    return text


def _page(
    request: Request[Any, Any, Any], account: Account, found: AnswerTemplate | None, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "outcomes/templates_one.html",
        status=status,
        staff=account,
        kept=found,
        grades=[("", str(_("Leave it open"))), *((grade, str(name)) for grade, name in GRADE_NAMES.items())],
        form=form,
    )
    return response


HANDLERS = [template_list, new_template, one_template, keep, remove]
