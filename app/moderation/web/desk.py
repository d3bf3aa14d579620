"""The moderators' desk: the queue as a plain list, one case with its decisions, taking down and restoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import administrators, moderators
from app.accounts.model import Account
from app.accounts.rules.roles import Power
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.changes import word_changes
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import queries, reporting, service
from app.moderation.contribution import Moderated
from app.moderation.model import Case, Reason
from app.moderation.rules.standards import Verdict


@get("/moderation", name="moderation.queue", guards=[moderators], sync_to_thread=True)
def queue(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    cases = [(case, _show(state.site.moderated, db, case)) for case in queries.waiting_cases(db)]
    decided = [(case, decision, _show(state.site.moderated, db, case)) for case, decision in queries.decided_lately(db)]
    return state.pages.personal(
        "moderation/queue.html",
        staff=account,
        more=[p.shown(db, state.clock.now()) for p in state.site.staff_pages if p.power is Power.JUDGE],
        cases=cases,
        waiting=queries.count_waiting(db),
        decided=decided,
        now=state.clock.now(),
        promised=state.site.promising.promised(db),
        today=state.site.promising.today(state.clock.now()),
        promise_days=state.site.promising.days,
        reports=reporting.count_waiting(db),
    )


@get("/moderation/{case_id:int}", name="moderation.case", guards=[moderators], sync_to_thread=True)
def case_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    case_id: FromPath[int],
) -> Response[bytes]:
    return _case(request, db, account, case_id, Form())


@post(
    "/moderation/{case_id:int}",
    name="moderation.decide",
    guards=[moderators],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def decide(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    state = request.app.state
    revision, verdict = form.get("revision", ""), form.get("verdict", "")
    try:
        if verdict not in ("publish", "reject"):
            raise Invalid([FieldError("verdict", _("Choose what to do with the text."))])
        service.decide(
            db,
            state.site.moderated,
            case_id,
            revision_id=int(revision) if revision.isdigit() else 0,
            verdict=Verdict(verdict),
            reason_code=form.get("reason", ""),
            note=form.get("note", ""),
            extras={"department": form.get("department", ""), "survivor": form.get("survivor", "")},
            by=account.id,
            now=state.clock.now(),
        )
    except Invalid as wrong:
        db.rollback()
        return _case(request, db, account, case_id, Form.again(form, wrong), status=422)
    return see_other("/moderation")


@post(
    "/moderation/{case_id:int}/lead",
    name="moderation.lead",
    guards=[moderators],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_lead(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """Name another lead department for something that was published."""
    state = request.app.state
    case = db.get(Case, case_id)
    if case is None or case.subject_kind not in state.site.moderated or case.state != "decided":
        raise NotFound
    kind: Moderated = state.site.moderated[case.subject_kind]
    try:
        kind.change_lead(db, case.subject_id, form.get("department", ""), by=account.id, now=state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return _case(request, db, account, case_id, Form.again(form, wrong), status=422)
    return see_other(f"/moderation/{case_id}")


@get(
    "/moderation/take-down/{kind:str}/{subject_id:int}",
    name="moderation.take-down",
    guards=[moderators],
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
    guards=[moderators],
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
    return see_other(f"/moderation/{decision.case_id}")


@post(
    "/admin/cases/{case_id:int}/restore",
    name="moderation.restore",
    guards=[administrators],
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
        return _case(request, db, account, case_id, Form.again(form, named), status=422)
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


def _case(
    request: Request[Any, Any, Any], db: Session, account: Account, case_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    case = db.get(Case, case_id)
    if case is None or case.subject_kind not in state.site.moderated:
        raise NotFound
    kind: Moderated = state.site.moderated[case.subject_kind]
    subject = SubjectRef(case.subject_kind, case.subject_id)
    shown = kind.show(db, case.subject_id)
    lead = kind.lead(db, case.subject_id)
    form.values = {"department": lead, **form.values}
    response: Response[bytes] = state.pages.personal(
        "moderation/case.html",
        status=status,
        staff=account,
        case=case,
        kind=kind,
        shown=shown,
        changes=[(c.heading, word_changes(c.before, c.after)) for c in shown.changes],
        newest=queries.newest_case(db, subject),
        revision=queries.newest_revision(db, case_id),
        history=queries.history(db, subject),
        administers=account.may(Power.ADMINISTER),
        reasons=queries.reasons(db),
        departments=kind.leads(db),
        lead=lead,
        reports=reporting.count_about(db, subject),
        form=form,
        now=state.clock.now(),
    )
    return response


def _show(moderated: Mapping[str, Moderated], db: Session, case: Case) -> Any:
    kind = moderated.get(case.subject_kind)
    return kind.show(db, case.subject_id) if kind else None


HANDLERS = [queue, case_page, decide, change_lead, take_down_form, take_down, restore]
