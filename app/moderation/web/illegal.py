"""Content that somebody says is illegal: the public form, the case number's page, and the moderators' own list."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound, TooMany
from app.core.i18n import _
from app.core.security.limits import Allowance
from app.core.subject import SubjectRef
from app.core.web.edge import MOST_ID
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import illegal
from app.moderation.contribution import Shown
from app.moderation.model import Case, IllegalReport
from app.moderation.refusals import NotReportable
from app.moderation.rules.verdicts import Origin

A_NETWORK = Allowance(most=5, an_hour=20)


class NumberUnknown(NotFound):
    code = "case-number-unknown"
    title = _("We do not know this case number")
    message = _("Check that you copied all of it. If you lost it, write to us and say what you reported and when.")
    way_on = ("/contact", _("Contact us"))


@get(
    "/report-illegal/{kind:str}/{subject_id:int}", name="moderation.illegal.form", guards=[anyone], sync_to_thread=True
)
def illegal_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], kind: FromPath[str], subject_id: FromPath[int]
) -> Response[bytes]:
    return _form(request, db, SubjectRef(kind, subject_id), Form(values={"submission": secrets.token_urlsafe(24)}))


@post(
    "/report-illegal/{kind:str}/{subject_id:int}",
    name="moderation.illegal.report",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def report_illegal(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[Any]:
    """No account and no name is asked; the answer is a case number."""
    state, subject = request.app.state, SubjectRef(kind, subject_id)
    _readable(request, db, subject)
    try:
        state.limits.spend(A_NETWORK, request.client.host if request.client else "", "report-illegal")
    except TooMany as busy:
        return _form(request, db, subject, Form(values=form), status=busy.status, busy=busy)
    try:
        made = illegal.report(
            db,
            state.site.moderated,
            state.keyring,
            subject,
            form.get("words", ""),
            submission=form.get("submission", ""),
            now=state.clock.now(),
        )
    except Invalid as wrong:
        db.rollback()
        return _form(request, db, subject, Form.again(form, wrong), status=422)
    return see_other(f"/illegal-content/{illegal.case_number(state.keyring, made.id)}")


@get("/illegal-content/{number:str}", name="moderation.illegal.number", guards=[anyone], sync_to_thread=True)
def number_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], number: FromPath[str]
) -> Response[bytes]:
    """How far a report has come: for whoever has its number."""
    state = request.app.state
    found = illegal.by_number(db, state.keyring, number)
    if found is None:
        raise NumberUnknown
    response: Response[bytes] = state.pages.personal("moderation/illegal_number.html", number=number, report=found)
    return response


@get("/moderation/illegal", name="moderation.illegal", guards=[may("moderation.illegal")], sync_to_thread=True)
def illegal_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "moderation/illegal_list.html",
        staff=account,
        cases=[(case, _shown(request, db, case), illegal.reports_in(db, case.id)) for case in illegal.waiting(db)],
        now=state.clock.now(),
    )
    return response


@get(
    "/moderation/illegal/{case_id:int}",
    name="moderation.illegal.case",
    guards=[may("moderation.illegal")],
    sync_to_thread=True,
)
def illegal_case(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    case_id: FromPath[int],
) -> Response[bytes]:
    return _case(request, db, account, case_id, Form())


@post(
    "/moderation/illegal/{case_id:int}",
    name="moderation.illegal.decide",
    guards=[may("moderation.illegal")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def decide_illegal(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """``act``: ``propose``, ``confirm`` or ``dismiss``."""
    state = request.app.state
    now, moderated, note = state.clock.now(), state.site.moderated, form.get("note", "")
    try:
        match form.get("act", ""):
            case "propose":
                illegal.propose(db, moderated, case_id, by=account.id, now=now)
            case "confirm":
                illegal.confirm(db, moderated, case_id, note=note, by=account.id, now=now)
            case "dismiss":
                illegal.dismiss(db, moderated, case_id, note=note, by=account.id, now=now)
            case _other:
                raise NotFound
    except Invalid as wrong:
        db.rollback()
        return _case(request, db, account, case_id, Form.again(form, wrong), status=422)
    return see_other(f"/moderation/illegal/{case_id}")


@post(
    "/moderation/illegal/evidence/{report_id:int}",
    name="moderation.illegal.evidence",
    guards=[may("moderation.evidence")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def read_evidence(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    report_id: FromPath[int],
) -> Response[bytes]:
    """The sealed text; who asked and why is stored with the same act, or nothing is shown."""
    state = request.app.state
    found = db.get(IllegalReport, report_id) if report_id < MOST_ID else None
    if found is None:
        raise NotFound
    try:
        evidence = illegal.read_evidence(
            db, state.keyring, report_id, form.get("why", ""), by=account.id, now=state.clock.now()
        )
    except Invalid as wrong:
        db.rollback()
        return _case(request, db, account, found.case_id, Form.again(form, wrong), status=422)
    response: Response[bytes] = state.pages.personal(
        "moderation/illegal_evidence.html",
        staff=account,
        report=found,
        evidence=evidence,
        readings=illegal.readings_of(db, report_id),
    )
    return response


def _readable(request: Request[Any, Any, Any], db: Session, subject: SubjectRef) -> Shown:
    moderated = request.app.state.site.moderated
    if subject.kind not in moderated or subject.id >= MOST_ID:
        raise NotFound
    shown: Shown = moderated[subject.kind].show(db, subject.id)
    if not shown.can_take_down:
        raise NotReportable
    return shown


def _form(
    request: Request[Any, Any, Any],
    db: Session,
    subject: SubjectRef,
    form: Form,
    *,
    status: int = 200,
    busy: TooMany | None = None,
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "moderation/illegal_form.html",
        status=status,
        subject=subject,
        shown=_readable(request, db, subject),
        form=form,
        most_words=illegal.MOST_WORDS,
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


def _case(
    request: Request[Any, Any, Any], db: Session, account: Account, case_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    case = db.get(Case, case_id) if case_id < MOST_ID else None
    if case is None or case.origin != Origin.ILLEGAL:
        raise NotFound
    reports = illegal.reports_in(db, case_id)
    response: Response[bytes] = state.pages.personal(
        "moderation/illegal_case.html",
        status=status,
        staff=account,
        case=case,
        shown=_shown(request, db, case),
        reports=reports,
        proposed=[r for r in reports if r.state == "proposed"],
        mine=any(r.proposed_by_id == account.id for r in reports),
        reads_evidence=state.permissions.opens(account.role, "moderation.evidence"),
        readings={r.id: illegal.readings_of(db, r.id) for r in reports},
        form=form,
        most_why=illegal.MOST_WHY,
    )
    return response


def _shown(request: Request[Any, Any, Any], db: Session, case: Case) -> Shown | None:
    kind = request.app.state.site.moderated.get(case.subject_kind)
    try:
        return kind.show(db, case.subject_id) if kind else None
    except NotFound:
        return None


HANDLERS = [
    illegal_form,
    report_illegal,
    number_page,
    illegal_list,
    illegal_case,
    decide_illegal,
    read_evidence,
]
