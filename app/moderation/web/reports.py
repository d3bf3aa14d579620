"""The moderators' list of what readers reported, by subject."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.paging import A_PAGE, Page, read_page
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.web.edge import MOST_ID
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.moderation import hiding, queries, reporting, service


@get("/moderation/reports", name="moderation.reports", guards=[may("moderation.reports")], sync_to_thread=True)
def report_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    asked = {k: str(v) for k, v in request.query_params.items()}
    sort = asked["sort"] if asked.get("sort") in reporting.SORTS else "most"
    about = _subject(state, asked) if asked.get("kind") else None
    number = read_page(asked.get("page", ""))
    rows, total = reporting.reported(db, sort=sort, about=about, offset=(number - 1) * A_PAGE, most=A_PAGE)
    kept = {"sort": "newest"} if sort == "newest" else {}
    lately = reporting.handled_lately(db, now)
    response: Response[bytes] = state.pages.personal(
        "moderation/reports.html",
        staff=account,
        rows=[(row, _show(state, db, row.subject)) for row in rows],
        paging=Page(rows=rows, total=total, page=number, path="/moderation/reports", query=kept),
        total=total,
        waiting=reporting.count_waiting(db),
        sort=sort,
        about=about,
        handled=[(row, _show(state, db, row.subject)) for row in lately],
        titles={reason.code: reason.title for reason in queries.reasons(db)},
        now=now,
    )
    return response


@post(
    "/moderation/reports/handled",
    name="moderation.reports.handle",
    guards=[may("moderation.reports")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def mark_handled(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """Those that stood on the page; what came in since still waits."""
    up_to = _number(form.get("newest", ""))
    state = request.app.state
    subject, now = _subject(state, form), state.clock.now()
    service.dismiss_reports(db, state.site.moderated, subject, up_to=up_to, by=account.id, now=now)
    return see_other("/moderation/reports#handled")


@post(
    "/moderation/reports/undo",
    name="moderation.reports.undo",
    guards=[may("moderation.reports")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def undo(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    state = request.app.state
    report = _number(form.get("report", ""))
    hiding.wait_again(db, state.site.moderated, report, by=account.id, now=state.clock.now())
    return see_other("/moderation/reports")


def _subject(state: Any, asked: dict[str, str]) -> SubjectRef:
    kind = asked.get("kind", "")
    if kind not in state.site.moderated:
        raise NotFound
    return SubjectRef(kind, _number(asked.get("id", "")))


def _number(text: str) -> int:
    if not is_whole(text) or not 0 < int(text) < MOST_ID:
        raise NotFound
    return int(text)


def _show(state: Any, db: Session, subject: SubjectRef) -> Any:
    """As its room shows it; None for what is there no more."""
    kind = state.site.moderated.get(subject.kind)
    try:
        return kind.show(db, subject.id) if kind else None
    except NotFound:
        return None


HANDLERS = [report_list, mark_handled, undo]
