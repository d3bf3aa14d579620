"""Appealing against a decision, by the link of its letter: no account and no session is needed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Conflict, Invalid, NotFound, TooMany
from app.core.i18n import _
from app.core.security.limits import Allowance
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation import appeals, fairness, queries
from app.moderation.letters import APPEAL
from app.moderation.model import Case, Decision
from app.moderation.refusals import AppealedAlready
from app.moderation.rules.standards import Verdict

A_NETWORK = Allowance(10, 60)


class LinkUnknown(NotFound):
    code = "appeal-unknown"
    title = _("We do not know this link")
    message = _("Nothing was stored. Check that you copied all of it from the letter, or write to us.")
    way_on = ("/contact", _("Contact us"))


@get("/appeals/{token:str}", name="moderation.appeal", guards=[anyone], sync_to_thread=True)
def appeal_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    """What was decided and why, with the form; or how far the appeal has come."""
    return _page(request, db, token, Form())


@post(
    "/appeals/{token:str}",
    name="moderation.appeal.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def appeal(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    token: FromPath[str],
) -> Response[Any]:
    state, decision = request.app.state, _decision(request, db, token)
    try:
        state.limits.spend(A_NETWORK, request.client.host if request.client else "", "appeal")
    except TooMany as busy:
        return _page(request, db, token, Form(values=form), busy=busy, status=busy.status)
    try:
        appeals.appeal(
            db, state.site.moderated, state.site.moderating, decision.id, form.get("words", ""), state.clock.now()
        )
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, token, Form.again(form, wrong), status=422)
    except Conflict as late:
        db.rollback()
        return words_back(request, late, form.get("words", ""))
    return see_other(f"/appeals/{token}")


def _decision(request: Request[Any, Any, Any], db: Session, token: str) -> Decision:
    row = request.app.state.keyring.read_token(APPEAL, token)
    decision = db.get(Decision, row) if row is not None else None
    if decision is None:
        raise LinkUnknown
    return decision


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    token: str,
    form: Form,
    *,
    status: int = 200,
    busy: TooMany | None = None,
) -> Response[bytes]:
    """A decision that is past its days or no longer stands is said so by its refusal."""
    state, decision = request.app.state, _decision(request, db, token)
    case = db.get_one(Case, decision.case_id)
    known = appeals.appeal_against(db, decision.id)
    if known is None:
        appeals.check_appeal(db, state.site.moderated, state.site.moderating, decision.id, state.clock.now())
    elif form.errors:
        raise AppealedAlready
    heard_in = db.get(Case, known.case_id) if known else None
    response: Response[bytes] = state.pages.personal(
        "moderation/appeal.html",
        status=status,
        token=token,
        form=form,
        busy=busy,
        decision=decision,
        shown=_shown(state, db, SubjectRef(case.subject_kind, case.subject_id), decision),
        reason=queries.reason(db, decision.reason_code or "", decision.standards_version),
        until=state.site.moderating.appeal_until(decision.at),
        appeal=known,
        nobody=heard_in is not None and known.state == "waiting" and not fairness.can_be_heard(db, heard_in)
        if known
        else False,
        most_words=appeals.MOST_WORDS,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


def _shown(state: Any, db: Session, subject: SubjectRef, decision: Decision) -> Any:
    """The author's own text, unless showing it would itself do harm: links are passed on."""
    kind = state.site.moderated.get(subject.kind)
    if kind is None or decision.verdict == Verdict.HIDE:
        return None
    try:
        return kind.show(db, subject.id)
    except NotFound:
        return None


HANDLERS = [appeal_form, appeal]
