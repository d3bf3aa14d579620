"""The moderators' desk: the queue as a plain list, and one case with its decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import moderators
from app.accounts.model import Account
from app.accounts.rules.roles import Power
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import queries, service
from app.moderation.contribution import Moderated
from app.moderation.model import Case
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
        more=[p for p in state.site.staff_pages if p.power is Power.JUDGE],
        cases=cases,
        waiting=queries.count_waiting(db),
        decided=decided,
        now=state.clock.now(),
        promise_days=state.moderation_promise_days,
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
        shown = Form(values=form, errors={e.field: str(e.message) for e in wrong.errors})
        return _case(request, db, account, case_id, shown, status=422)
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
        shown = Form(values=form, errors={e.field: str(e.message) for e in wrong.errors})
        return _case(request, db, account, case_id, shown, status=422)
    return see_other(f"/moderation/{case_id}")


def _case(
    request: Request[Any, Any, Any], db: Session, account: Account, case_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    case = db.get(Case, case_id)
    if case is None or case.subject_kind not in state.site.moderated:
        raise NotFound
    kind: Moderated = state.site.moderated[case.subject_kind]
    lead = kind.lead(db, case.subject_id)
    form.values = {"department": lead, **form.values}
    response: Response[bytes] = state.pages.personal(
        "moderation/case.html",
        status=status,
        staff=account,
        case=case,
        kind=kind,
        shown=kind.show(db, case.subject_id),
        revision=queries.newest_revision(db, case_id),
        decisions=queries.decisions_of(db, case_id),
        reasons=queries.reasons(db),
        departments=kind.leads(db),
        lead=lead,
        form=form,
        now=state.clock.now(),
    )
    return response


def _show(moderated: Mapping[str, Moderated], db: Session, case: Case) -> Any:
    kind = moderated.get(case.subject_kind)
    return kind.show(db, case.subject_id) if kind else None


HANDLERS = [queue, case_page, decide, change_lead]
