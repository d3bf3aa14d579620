"""The department's desk: what was referred, each with its clock, and the page to answer."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import department_officers
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.model import Department
from app.departments.queries import of_officer
from app.outcomes import queries, service
from app.outcomes.model import Referral
from app.outcomes.rules.answers import GRADE_NAMES, read_answer


@get("/desk", name="outcomes.desk", guards=[department_officers], sync_to_thread=True)
def desk(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    department = _department(db, account)
    now = state.clock.now()
    rows = [
        (referral, _subject(state, db, referral), queries.is_overdue(referral, now))
        for referral in queries.duties(db, department.id)
    ]
    return state.pages.personal("outcomes/desk.html", staff=account, department=department, rows=rows, now=now)


@get("/desk/referrals/{referral_id:int}", name="outcomes.referral", guards=[department_officers], sync_to_thread=True)
def referral_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, referral_id, Form())


@post(
    "/desk/referrals/{referral_id:int}",
    name="outcomes.answer",
    guards=[department_officers],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def answer(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``step=preview`` shows the answer as the public will read it; ``step=release`` publishes it."""
    state = request.app.state
    department = _department(db, account)
    referral = queries.referral_of(db, referral_id, department.id)
    if referral is None:
        raise NotFound
    shown = Form(values=form)
    try:
        text = read_answer(form.get("grade", ""), form.get("summary", ""), form.get("details", ""))
    except Invalid as wrong:
        shown.errors = {e.field: str(e.message) for e in wrong.errors}
        return _page(request, db, account, referral_id, shown, status=422)
    if form.get("step") != "release":
        return _page(request, db, account, referral_id, shown, preview=form.get("step") == "preview")
    seen = form.get("after_version", "")
    state.site.locks[referral.subject_kind](db, referral.subject_id)
    service.answer(
        db,
        referral_id,
        department.id,
        text,
        after_version=int(seen) if seen.isdigit() else -1,
        by=account.id,
        now=state.clock.now(),
    )
    return see_other(f"/desk/referrals/{referral_id}")


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    referral_id: int,
    form: Form,
    *,
    status: int = 200,
    preview: bool = False,
) -> Response[bytes]:
    state = request.app.state
    department = _department(db, account)
    referral = queries.referral_of(db, referral_id, department.id)
    if referral is None:
        raise NotFound
    answers = queries.answers_to(db, referral_id)
    response: Response[bytes] = state.pages.personal(
        "outcomes/preview.html" if preview else "outcomes/referral.html",
        status=status,
        staff=account,
        department=department,
        referral=referral,
        subject=_subject(state, db, referral),
        answers=answers,
        overdue=queries.is_overdue(referral, state.clock.now()),
        grades=GRADE_NAMES,
        form=form,
        now=state.clock.now(),
    )
    return response


def _department(db: Session, account: Account) -> Department:
    department = of_officer(db, account.id)
    if department is None:
        raise NotFound
    return department


def _subject(state: Any, db: Session, referral: Referral) -> Any:
    show = state.site.referred.get(referral.subject_kind)
    return show(db, referral.subject_id) if show else None


HANDLERS = [desk, referral_page, answer]
