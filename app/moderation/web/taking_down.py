"""Taking down what is published, and restoring what was refused."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation import queries, service
from app.moderation.contribution import Moderated
from app.moderation.model import Reason
from app.moderation.web.case import show_case


@get(
    "/moderation/take-down/{kind:str}/{subject_id:int}",
    name="moderation.take-down",
    guards=[may("moderation.take-down")],
    sync_to_thread=True,
)
def take_down_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[bytes]:
    """Whatever is published can be taken down, whether or not it ever had a case here."""
    return _take_down(request, db, account, SubjectRef(kind, subject_id), Form())


@post(
    "/moderation/take-down/{kind:str}/{subject_id:int}",
    name="moderation.take-down.post",
    guards=[may("moderation.take-down")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_down(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[Any]:
    """``step=check`` says what will happen; ``step=do`` does it; anything else shows the form again."""
    state, subject = request.app.state, SubjectRef(kind, subject_id)
    try:
        if form.get("step") != "do":
            return _take_down(request, db, account, subject, Form(values=form), _checked(db, form))
        decision = service.take_down(
            db,
            state.site.moderated,
            subject,
            reason_code=form.get("reason", ""),
            note=form.get("note", ""),
            extras={"survivor": form.get("survivor", "")},
            by=account.id,
            now=state.clock.now(),
        )
    except Invalid as wrong:
        db.rollback()
        return _take_down(request, db, account, subject, Form.again(form, wrong), status=422)
    except Conflict as late:
        db.rollback()
        return words_back(request, late, form.get("note", ""))
    return see_other(f"/moderation/{decision.case_id}")


@post(
    "/admin/cases/{case_id:int}/restore",
    name="moderation.restore",
    guards=[may("moderation.restore")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def restore(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """What was refused goes back to the queue; for administrators alone."""
    state = request.app.state
    note, now = form.get("restore_note", ""), state.clock.now()
    try:
        case = service.restore(db, state.site.moderated, case_id, note=note, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        named = Invalid([FieldError("restore_note", e.message) for e in wrong.errors])
        return show_case(request, db, account, case_id, Form.again(form, named), status=422)
    return see_other(f"/moderation/{case.id}")


def _checked(db: Session, form: Sent) -> Reason | None:
    """The reason that was chosen, where the form asks to go on; :class:`Invalid` where it cannot."""
    if form.get("step") != "check":
        return None
    service.check_note(form.get("note", ""))
    return service.check_reason(db, form.get("reason", ""))


def _take_down(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    subject: SubjectRef,
    form: Form,
    checked: Reason | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The form, or what will happen for the ``checked`` reason."""
    state = request.app.state
    if subject.kind not in state.site.moderated:
        raise NotFound
    kind: Moderated = state.site.moderated[subject.kind]
    shown = kind.show(db, subject.id)
    if not shown.can_take_down:
        raise service.NotPublic
    response: Response[bytes] = state.pages.personal(
        "moderation/take_down_check.html" if checked else "moderation/take_down.html",
        status=status,
        staff=account,
        subject=subject,
        kind=kind,
        shown=shown,
        case=queries.newest_case(db, subject),
        reasons=queries.reasons(db),
        reason=checked,
        form=form,
    )
    return response


HANDLERS = [take_down_form, take_down, restore]
