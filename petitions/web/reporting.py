"""Report this petition: which rule a reader thinks it breaks. Nobody's name is asked."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import TooMany
from app.core.security.limits import Allowance
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import hiding, reporting
from app.moderation import queries as moderation
from petitions.model.petition import Petition
from petitions.web.addressed import readable

A_NETWORK = Allowance(most=5, an_hour=20)


@get("/petitions/{ref:str}/report", name="petitions.report", guards=[anyone], sync_to_thread=True)
def report_form(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """Never stored: its random id makes a second click report nothing twice."""
    return _page(request, db, readable(db, ref), Form(values={"submission": secrets.token_urlsafe(24)}))


@post(
    "/petitions/{ref:str}/report",
    name="petitions.report.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def report(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent], ref: FromPath[str]
) -> Response[Any]:
    petition = readable(db, ref)
    shown = Form(values=form)
    reason = shown.read("reason", partial(reporting.read_reason, db))
    words = shown.read("words", reporting.read_words)
    if reason is None or words is None:
        return _page(request, db, petition, shown, status=422)
    client = request.client.host if request.client else ""
    try:
        request.app.state.limits.spend(A_NETWORK, client, "report")
    except TooMany as busy:
        return _page(request, db, petition, shown, status=busy.status, busy=busy)
    site = request.app.state.site
    hiding.receive(
        db,
        site.moderated,
        SubjectRef("petition", petition.id),
        reason,
        words,
        submission=form.get("submission", ""),
        hide_at=site.moderating.reports_hide_at,
        now=request.app.state.clock.now(),
    )
    return see_other(f"/petitions/{petition.id}/report/thanks")


@get("/petitions/{ref:str}/report/thanks", name="petitions.report-thanks", guards=[anyone], sync_to_thread=True)
def report_thanks(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    petition = readable(db, ref)
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/report_thanks.html", keys=(f"petition:{petition.id}",), petition=petition
    )
    return response


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    petition: Petition,
    form: Form,
    *,
    status: int = 200,
    busy: TooMany | None = None,
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/report.html",
        status=status,
        petition=petition,
        form=form,
        reasons=moderation.reasons(db),
        most_words=reporting.MOST_WORDS,
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [report_form, report, report_thanks]
