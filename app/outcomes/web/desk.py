"""The department's desk: what was referred, each with its clock, the page to answer, and who was told."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.model import Department
from app.departments.queries import of_officer
from app.outcomes import queries, service
from app.outcomes.contribution import NewsOfAnswers
from app.outcomes.model import Referral
from app.outcomes.rules.answers import GRADE_NAMES, read_answer


@get("/desk", name="outcomes.desk", guards=[may("outcomes.desk")], sync_to_thread=True)
def desk(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    department = _department(db, account)
    now = state.clock.now()
    rows = [
        (referral, _subject(state, db, referral), queries.is_overdue(referral, now), _href(state, referral))
        for referral in queries.duties(db, department.id)
    ]
    return state.pages.personal("outcomes/desk.html", staff=account, department=department, rows=rows, now=now)


@get("/desk/referrals/{referral_id:int}", name="outcomes.referral", guards=[may("outcomes.desk")], sync_to_thread=True)
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
    guards=[may("outcomes.answer")],
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
    referral = _owned(db, account, referral_id)
    if door := _door(state, referral):
        raise service.AnsweredElsewhere(door=door)
    shown = Form(values=form)
    try:
        text = read_answer(form.get("grade", ""), form.get("summary", ""), form.get("details", ""))
    except Invalid as wrong:
        shown.errors = {e.field: str(e.message) for e in wrong.errors}
        return _page(request, db, account, referral_id, shown, status=422)
    if form.get("step") != "release":
        if form.get("step") == "edit":  # a box that was not ticked sends nothing
            shown.values = {**form, "send_news": form.get("send_news") or "no"}
        return _page(request, db, account, referral_id, shown, preview=form.get("step") == "preview")
    _lock(state, db, referral)
    try:
        service.answer(
            db,
            referral_id,
            referral.department_id or 0,
            text,
            after_version=_seen(form),
            by=account.id,
            now=state.clock.now(),
            tell=_wants_news(form),
        )
    except service.AnswerChanged:
        db.rollback()
        return _changed_meanwhile(request, db, account, referral_id, form)
    return see_other(f"/desk/referrals/{referral_id}")


@post(
    "/desk/referrals/{referral_id:int}/news",
    name="outcomes.news",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``do=send`` has those who asked told of the answer as it stands; ``do=call-off`` stops what has not left."""
    state = request.app.state
    referral = _owned(db, account, referral_id)
    teller = _teller(state, referral)
    if teller is None or form.get("do") not in ("send", "call-off"):
        raise NotFound
    _lock(state, db, referral)
    department, now = referral.department_id or 0, state.clock.now()
    if form.get("do") == "send":
        service.send_news(db, teller, referral_id, department, after_version=_seen(form), by=account.id, now=now)
    else:
        service.call_off_news(db, teller, referral_id, department, by=account.id, now=now)
    return see_other(f"/desk/referrals/{referral_id}#told")


@post(
    "/desk/referrals/{referral_id:int}/take-back",
    name="outcomes.take-back",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """The answer disappears from public pages and is owed again; refused once somebody was told of it."""
    state = request.app.state
    referral = _owned(db, account, referral_id)
    if door := _door(state, referral):
        raise service.AnsweredElsewhere(door=door)
    _lock(state, db, referral)
    service.withdraw_answer(
        db,
        referral_id,
        referral.department_id or 0,
        after_version=_seen(form),
        by=account.id,
        now=state.clock.now(),
    )
    return see_other(f"/desk/referrals/{referral_id}")


def _changed_meanwhile(
    request: Request[Any, Any, Any], db: Session, account: Account, referral_id: int, form: Sent
) -> Response[bytes]:
    """Nothing typed is lost: it waits below the answer that came first."""
    newest = queries.all_versions(db, referral_id)
    shown = Form(values={**form, "after_version": str(newest[0].version if newest else 0)})
    words = _("Somebody else changed the answer while you were writing. Yours is not published: it waits below.")
    shown.errors = {"": str(words)}
    return _page(request, db, account, referral_id, shown, status=409)


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
    referral = _owned(db, account, referral_id)
    now = state.clock.now()
    versions = queries.all_versions(db, referral_id)
    teller = _teller(state, referral)
    response: Response[bytes] = state.pages.personal(
        "outcomes/preview.html" if preview else "outcomes/referral.html",
        status=status,
        staff=account,
        department=_department(db, account),
        referral=referral,
        subject=_subject(state, db, referral),
        answers=[a for a in versions if a.withdrawn_at is None],
        withdrawn=[a for a in versions if a.withdrawn_at is not None],
        newest_version=versions[0].version if versions else 0,
        door=_door(state, referral),
        audience=teller.audience(db, referral.subject_id) if teller else None,
        leaves_at=teller.leaves_at(now) if teller else None,
        tellings=teller.tellings(db, referral.subject_id, [a.id for a in versions]) if teller else (),
        overdue=queries.is_overdue(referral, now),
        grades=GRADE_NAMES,
        form=form,
        now=now,
    )
    return response


def _department(db: Session, account: Account) -> Department:
    department = of_officer(db, account.id)
    if department is None:
        raise NotFound
    return department


def _owned(db: Session, account: Account, referral_id: int) -> Referral:
    """A foreign referral is as good as none."""
    referral = queries.referral_of(db, referral_id, _department(db, account).id)
    if referral is None:
        raise NotFound
    return referral


def _subject(state: Any, db: Session, referral: Referral) -> Any:
    show = state.site.referred.get(referral.subject_kind)
    return show(db, referral.subject_id) if show else None


def _lock(state: Any, db: Session, referral: Referral) -> None:
    state.site.locks[referral.subject_kind](db, referral.subject_id)


def _door(state: Any, referral: Referral) -> str:
    """Where a room has its officers answer what it referred for this cause; empty for this desk's own form."""
    door = state.site.answer_doors.get((referral.subject_kind, referral.cause))
    return door(referral.subject_id) if door else ""


def _href(state: Any, referral: Referral) -> str:
    """What is no longer owed is only looked at."""
    door = _door(state, referral) if referral.state != "closed" else ""
    return door or f"/desk/referrals/{referral.id}"


def _teller(state: Any, referral: Referral) -> NewsOfAnswers | None:
    """Who sends news of answers given on this desk."""
    return None if _door(state, referral) else state.site.news.get(referral.subject_kind)


def _wants_news(form: Sent) -> bool | None:
    """The box as it was left; None, the usual way, where whoever sent the form was never shown one."""
    return form.get("send_news") == "yes" if "send_news" in form or "asks_news" in form else None


def _seen(form: Sent) -> int:
    seen = form.get("after_version", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1


HANDLERS = [desk, referral_page, answer, news, take_back]
