"""Whoever asked says once whether the answer addresses it: a page that only their letter leads to."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound, TooMany
from app.core.i18n import _
from app.core.security.limits import Allowance
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.outcomes.model import Referral
from app.outcomes.queries import public, shown
from app.outcomes.rules.answers import ADDRESSED_NAMES, Addressed
from app.outcomes.service import feedback
from app.outcomes.web.asked import moment

#: a class of a school, all at one address, gets through
A_NETWORK = Allowance(most=60, an_hour=1000)

#: the question how it was, which is asked of whoever has said it; see app/front/measured_outcomes.py
HOW = "satisfaction-answers"


class AnswerLinkUnknown(NotFound):
    code = "answer-link-unknown"
    title = _("We do not know this link")
    message = _(
        "Nothing was counted. Check that you copied all of it from the letter. It also ends when a signature is withdrawn."
    )
    way_on = ("/outcomes", _("See what was answered"))


@get("/answers/{referral_id:int}/{token:str}", name="outcomes.feedback", guards=[anyone], sync_to_thread=True)
def feedback_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], referral_id: FromPath[int], token: FromPath[str]
) -> Response[bytes]:
    """The answer and the question; never counts anything, because mail scanners open links."""
    referral, person = _asked(request, db, referral_id, token)
    if referral.answered_at is None:
        raise feedback.NothingToSay(href=_href(request.app.state, db, referral))
    return _page(request, db, referral, token, Form(), said=feedback.has_said(db, referral.id, person))


@post(
    "/answers/{referral_id:int}/{token:str}",
    name="outcomes.feedback.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def say(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
    token: FromPath[str],
) -> Response[Any]:
    """Counted once. The token is the whole proof; what somebody said is stored in no row of theirs."""
    state, shown_form = request.app.state, Form(values=form)
    referral, person = _asked(request, db, referral_id, token)
    addressed = shown_form.read("addressed", chosen("addressed", frozenset(Addressed)))
    if addressed is None:
        shown_form.errors["addressed"] = str(_("Choose yes, partly or no."))
        return _page(request, db, referral, token, shown_form, status=422)
    try:
        state.limits.spend(A_NETWORK, request.client.host if request.client else "", "feedback")
    except TooMany as busy:
        return _page(request, db, referral, token, shown_form, status=busy.status, busy=busy)
    href = _href(state, db, referral)
    feedback.say(db, referral.id, person, Addressed(addressed), state.clock.now(), href=href)
    return see_other(f"/answers/{referral.id}/{token}")


def _asked(request: Request[Any, Any, Any], db: Session, referral_id: int, token: str) -> tuple[Referral, int]:
    """The referral, and who holds the letter; as unknown where the text may not be read at the moment."""
    site = request.app.state.site
    referral = public.referral(db, site.subjects, referral_id)
    askers = site.askers.get(referral.subject_kind) if referral else None
    person = askers.asker(db, referral.subject_id, token) if referral and askers else None
    if referral is None or person is None:
        raise AnswerLinkUnknown
    return referral, person


def _href(state: Any, db: Session, referral: Referral) -> str:
    found = state.site.subjects[referral.subject_kind].shown(db, [referral.subject_id])
    return f"{found[referral.subject_id].href}#answer-{referral.id}" if found else "/outcomes"


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    referral: Referral,
    token: str,
    form: Form,
    *,
    status: int = 200,
    said: bool = False,
    busy: TooMany | None = None,
) -> Response[bytes]:
    state, at = request.app.state, moment(request)
    found = shown.outcomes(db, state.site.subjects, [referral], at, state.settings.zone)
    if not found:
        raise AnswerLinkUnknown
    href = f"/answers/{referral.id}/{token}"
    thanked = "thanks" in request.query_params
    response: Response[bytes] = state.pages.personal(
        "outcomes/public/feedback.html",
        status=status,
        found=found[0],
        token=token,
        form=form,
        choices=[(str(each), str(name)) for each, name in ADDRESSED_NAMES.items()],
        said=said,
        question=state.site.satisfaction.question(HOW, href, at.now, thanked=thanked) if said else None,
        busy=busy,
        now=at.now,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [feedback_form, say]
