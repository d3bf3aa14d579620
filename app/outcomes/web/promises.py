"""A department's promises: which are to be kept by when, one with its progress, and one more after an answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Conflict, Invalid, NotFound
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.outcomes import queries
from app.outcomes.model import Commitment
from app.outcomes.queries import promises as found
from app.outcomes.rules.commitments import (
    MOST_LINKS,
    OPEN,
    PROGRESS_MOVES,
    PROGRESS_NAMES,
    Progress,
    Update,
    is_overdue,
    read_links,
    read_promise,
    read_update_note,
)
from app.outcomes.service import committing
from app.outcomes.service.desk import cards_read
from app.outcomes.service.promising import promise_more
from app.outcomes.web.lookup import counted, lock, owned, read_due, subject_of, today, working
from app.outcomes.web.matter import page


@get("/desk/commitments", name="outcomes.my-commitments", guards=[may("outcomes.desk")], sync_to_thread=True)
def promises(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Those still to keep, late ones first; what is done or dropped is folded away."""
    state, department = request.app.state, department_of(db, account)
    response: Response[bytes] = state.pages.personal(
        "outcomes/commitments.html",
        staff=account,
        department=department,
        open=[(p, subject_of(state, db, p)) for p in found.open_ones(db, department.id)],
        ended=[(p, subject_of(state, db, p)) for p in found.ended(db, department.id)],
        progress=PROGRESS_NAMES,
        today=today(state),
        cards=cards_read(db, account.id),
    )
    return response


@get(
    "/desk/commitments/{commitment_id:int}",
    name="outcomes.my-commitment",
    guards=[may("outcomes.desk")],
    sync_to_thread=True,
)
def promise(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    commitment_id: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[bytes]:
    return _page(request, db, account, commitment_id, Form(), done=done == "noted")


@post(
    "/desk/commitments/{commitment_id:int}",
    name="outcomes.progress",
    guards=[may("outcomes.progress")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def progress(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    commitment_id: FromPath[int],
) -> Response[Any]:
    """A dated note that everyone reads: how far it has come, evidence, a later day."""
    state, standing = request.app.state, _owned(db, account, commitment_id)
    shown = Form(form)
    try:
        said = _read(state, db, standing, shown)
        lock(state, db, standing.subject_kind, standing.subject_id)
        now, department = state.clock.now(), standing.department_id
        after = counted(form, "after")
        committing.report_progress(db, commitment_id, department, said, after=after, by=account.id, now=now)
    except Invalid as wrong:
        return _page(request, db, account, commitment_id, Form.again(form, wrong), status=422)
    except committing.ProgressChanged as changed:
        db.rollback()
        again = Form({**form, "after": str(_owned(db, account, commitment_id).updates)})
        again.refuse("", f"{changed.heading}. {changed.sentence}")
        return _page(request, db, account, commitment_id, again, status=409)
    return see_other(f"/desk/commitments/{commitment_id}?done=noted")


def _read(state: Any, db: Session, standing: Commitment, form: Form) -> Update:
    step = form.read("progress", chosen("progress", set(Progress))) or ""
    note = form.read("note", lambda text: read_update_note(text, step))
    links = form.read("links", read_links)
    due: date | None = None
    if form.get("due").strip():
        due = form.read("due", lambda text: read_due(state, db, text, after=standing.due_on))
    form.check()
    return Update(Progress(step), note or "", links or (), due)


@post(
    "/desk/referrals/{referral_id:int}/promises",
    name="outcomes.promise",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def promise_after(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """One more promise to an answer that was given."""
    state, referral, shown = request.app.state, owned(db, account, referral_id), Form(form)
    text, owner, due = (form.get(f"promise-{name}", "") for name in ("text", "owner", "due"))
    read, wrong = read_promise(text, owner, due, today=today(state), working=working(state, db))
    if read is None:
        shown = Form.again(form, Invalid(wrong))
        return page(request, db, account, referral_id, Form(), beside=shown, status=422)
    lock(state, db, referral.subject_kind, referral.subject_id)
    try:
        department, seen, now = department_of(db, account), counted(form, "promises"), state.clock.now()
        promise_more(db, referral_id, department, read, seen=seen, by=account.id, now=now)
    except Conflict as refused:
        db.rollback()
        shown.refuse("", f"{refused.heading}. {refused.sentence}")
        return page(request, db, account, referral_id, Form(), beside=shown, status=409)
    return see_other(f"/desk/referrals/{referral_id}?done=promised")


def _owned(db: Session, account: Account, commitment_id: int) -> Commitment:
    """A foreign promise is as good as none."""
    standing = found.one(db, commitment_id, department_of(db, account).id)
    if standing is None:
        raise NotFound
    return standing


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    commitment_id: int,
    form: Form,
    *,
    status: int = 200,
    done: bool = False,
) -> Response[bytes]:
    state, standing = request.app.state, _owned(db, account, commitment_id)
    now = Progress(standing.progress)
    if not form.values:
        form = Form({"progress": now, "after": str(standing.updates)}, form.errors)
    response: Response[bytes] = state.pages.personal(
        "outcomes/commitment.html",
        status=status,
        staff=account,
        department=department_of(db, account),
        promise=standing,
        subject=subject_of(state, db, standing),
        updates=list(reversed(queries.progress_of(db, [commitment_id]).get(commitment_id, ()))),
        overdue=is_overdue(standing.progress, standing.due_on, today(state)),
        is_open=standing.progress in OPEN,
        choices=[(p.value, str(PROGRESS_NAMES[p])) for p in Progress if p is now or p in PROGRESS_MOVES[now]],
        names=PROGRESS_NAMES,
        most_links=MOST_LINKS,
        form=form,
        done=done,
    )
    return response


HANDLERS = [promises, promise, progress, promise_after]
