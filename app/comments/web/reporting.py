"""Report a comment: which rule a reader thinks it breaks. Nobody has to sign in for that."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, visitor, who
from app.accounts.rules.trust import is_trusted
from app.comments.queries import threads
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.rules.threads import CommentUnknown
from app.comments.web.discussion import Discussion, discussion_of
from app.comments.web.shown import entries
from app.comments.web.visitors import policy_of
from app.core.errors import Conflict, TooMany
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation import hiding, reporting
from app.moderation import queries as moderation
from app.moderation.hiding import ReporterKey


class NothingToReport(Conflict):
    code = "nothing-to-report"
    title = _("There is nothing to report here any more")
    message = _("This comment was withdrawn or removed, or it is being checked already. Nothing was stored.")
    way_on = ("{href}", _("Back to the discussion"))


@get("/comments/{comment_id:int}/report", name="comments.report", guards=[anyone], sync_to_thread=True)
def report_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[bytes]:
    """Never stored: its random id makes a second click report nothing twice."""
    found, row = _reportable(request, db, comment_id)
    return _page(request, db, found, row, Form(values={"submission": secrets.token_urlsafe(24)}))


@post(
    "/comments/{comment_id:int}/report",
    name="comments.report.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def report(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    comment_id: FromPath[int],
) -> Response[Any]:
    try:
        found, row = _reportable(request, db, comment_id)
    except NothingToReport as late:
        return words_back(request, late, form.get("words", ""))
    shown, state = Form(values=form), request.app.state
    reason = shown.read("reason", partial(reporting.read_reason, db))
    words = shown.read("words", reporting.read_words)
    if reason is None or words is None:
        return _page(request, db, found, row, shown, status=422)
    client = request.client.host if request.client else ""
    try:
        state.limits.spend(policy_of(request).reports, client, "comments", "report")
    except TooMany as busy:
        return _page(request, db, found, row, shown, status=busy.status, busy=busy)
    now, account = state.clock.now(), who(request)
    hiding.receive(
        db,
        state.site.moderated,
        SubjectRef("comment", comment_id),
        reason,
        words,
        reporter=ReporterKey(account.id, trusted=is_trusted(account, now)) if account else None,
        submission=form.get("submission", ""),
        hide_at=state.site.moderating.reports_hide_at,
        now=now,
    )
    return see_other(f"/comments/{comment_id}/report/thanks")


@get("/comments/{comment_id:int}/report/thanks", name="comments.report-thanks", guards=[anyone], sync_to_thread=True)
def report_thanks(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[bytes]:
    subject = threads.subject_of(db, comment_id)
    if subject is None:
        raise CommentUnknown
    response: Response[bytes] = request.app.state.pages.personal(
        "comments/report_thanks.html", discussion=discussion_of(request, db, subject)
    )
    return response


def _reportable(request: Request[Any, Any, Any], db: Session, comment_id: int) -> tuple[Discussion, Row[Any]]:
    """What everyone can read, and so can report."""
    row, subject = threads.one(db, comment_id), threads.subject_of(db, comment_id)
    if row is None or subject is None:
        raise CommentUnknown
    found = discussion_of(request, db, subject)
    if CommentState(row.state) not in COUNTED:
        raise NothingToReport(href=found.known.discussion)
    return found, row


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    found: Discussion,
    row: Row[Any],
    form: Form,
    *,
    status: int = 200,
    busy: TooMany | None = None,
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "comments/report.html",
        status=status,
        discussion=found,
        entry=entries(
            db, state.site.dependencies["comment_titles"], [row], may_act=False, whole=True, known=found.known
        )[0],
        form=form,
        reasons=moderation.reasons(db),
        most_words=reporting.MOST_WORDS,
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [report_form, report, report_thanks]
