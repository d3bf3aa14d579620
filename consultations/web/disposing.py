"""The department's desk for a draft text: every clause with what was said, the answer to it, publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.queries import shown_names
from app.comments.rules.quotes import PASSAGE_NAMES
from app.core.errors import Invalid, NotFound
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.queries import dispositions, matrix
from consultations.queries import texts as queries
from consultations.queries.reach import Reach, reach
from consultations.queries.texts import ClauseOfText
from consultations.rules.dispositions import (
    VERDICT_NAMES,
    may_publish_answers,
    read_note,
    read_reason,
    read_verdict,
)
from consultations.service import disposing

#: comments on one page of a clause
A_PAGE = 100
VERDICTS = [(str(value), str(label)) for value, label in VERDICT_NAMES.items()]


@get(
    "/desk/consultations/{consultation_id:int}/text",
    name="consultations.dispositions",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def table(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """Every clause; ``?show=open`` those that were commented on and have no answer yet."""
    found, state = reach(db, account.id, consultation_id), request.app.state
    stands = dispositions.newest(db, consultation_id)
    show = "open" if request.query_params.get("show") == "open" else "all"
    tables = [(text, _rows(db, text, stands)) for text in queries.texts_of(db, consultation_id, published=True)]
    commented = [row for _text, rows in tables for row in rows if row[1]]
    response: Response[bytes] = state.pages.personal(
        "consultations/text/desk.html",
        staff=account,
        found=found,
        consultation=found.consultation,
        tables=[(t, [r for r in rows if show == "all" or (r[1] and r[2] is None)]) for t, rows in tables],
        show=show,
        commented=len(commented),
        answered=sum(row[2] is not None for row in commented),
        publications=dispositions.publications(db, consultation_id),
        unpublished=_is_unpublished(db, consultation_id),
        may_publish=found.may_publish and may_publish_answers(found.consultation, state.clock.now()),
        verdicts=VERDICT_NAMES,
        saved="saved" in request.query_params,
    )
    return response


@get(
    "/desk/consultations/{consultation_id:int}/text/{clause_id:int}",
    name="consultations.disposition",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def clause_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    clause_id: FromPath[int],
) -> Response[bytes]:
    return _clause_page(request, db, account, reach(db, account.id, consultation_id), clause_id)


@post(
    "/desk/consultations/{consultation_id:int}/text/{clause_id:int}",
    name="consultations.disposition.post",
    guards=[may("consultations.dispose")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def dispose(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    clause_id: FromPath[int],
) -> Response[Any]:
    shown, now = Form(values=form), request.app.state.clock.now()
    verdict, reason = shown.read("verdict", read_verdict), shown.read("reason", read_reason)
    if verdict is None or reason is None:
        found = reach(db, account.id, consultation_id)
        return _clause_page(request, db, account, found, clause_id, shown, status=422)
    seen = form.get("version", "")
    after = int(seen) if is_whole(seen, figures=6) else 0
    disposing.dispose(db, consultation_id, clause_id, verdict, reason, after_version=after, by=account.id, now=now)
    return see_other(f"/desk/consultations/{consultation_id}/text?saved#clause-{clause_id}")


@get(
    "/desk/consultations/{consultation_id:int}/text/publish",
    name="consultations.text-answers-publish",
    guards=[may("consultations.publish")],
    sync_to_thread=True,
)
def publish_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _publish_page(request, db, account, consultation_id, Form())


@post(
    "/desk/consultations/{consultation_id:int}/text/publish",
    name="consultations.text-answers-publish.post",
    guards=[may("consultations.publish")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def publish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    shown, now = Form(values=form), request.app.state.clock.now()
    note = shown.read("note", read_note)
    if note is None:
        return _publish_page(request, db, account, consultation_id, shown, status=422)
    try:
        disposing.publish(db, consultation_id, note, by=account.id, now=now)
    except Invalid as wrong:
        return _publish_page(request, db, account, consultation_id, Form.again(form, wrong), status=422)
    return see_other(f"/desk/consultations/{consultation_id}/text?saved")


def _rows(db: Session, text: Any, stands: Mapping[int, Any]) -> list[tuple[ClauseOfText, int, Any]]:
    """Each clause with its figure of comments and its answer; removed ones where there is either."""
    clauses = queries.every_clause(db, text)
    said = queries.said(db, [c.id for c in clauses])
    return [(c, said[c.id], stands.get(c.id)) for c in clauses if c.removed_in is None or said[c.id] or c.id in stands]


def _is_unpublished(db: Session, consultation_id: int) -> bool:
    published = dispositions.publications(db, consultation_id)
    return dispositions.last_row(db, consultation_id) > (published[0].up_to if published else 0)


def _clause_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    found: Reach,
    clause_id: int,
    form: Form | None = None,
    *,
    status: int = 200,
) -> Response[bytes]:
    known = queries.clause_of(db, clause_id)
    if known is None or known[0].consultation_id != found.consultation.id:
        raise NotFound
    text, stood = known
    earlier = dispositions.of_clause(db, clause_id)
    if form is None:
        newest = earlier[0] if earlier else None
        form = Form(values={"verdict": newest.verdict, "reason": newest.reason} if newest else {})
    said = matrix.comments(db, text, stood[:1]).get(clause_id, ())
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/desk_clause.html",
        status=status,
        staff=account,
        found=found,
        consultation=found.consultation,
        text=text,
        clause=stood[0],
        comments=said[:A_PAGE],
        total=len(said),
        passages=PASSAGE_NAMES,
        earlier=earlier,
        names=shown_names(db, {d.by_id for d in earlier if d.by_id is not None}),
        form=form,
        version=form.get("version") or (earlier[0].version if earlier else 0),
        choices=VERDICTS,
        verdicts=VERDICT_NAMES,
    )
    return response


def _publish_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation_id: int,
    form: Form,
    *,
    status: int = 200,
) -> Response[bytes]:
    found = reach(db, account.id, consultation_id)
    if not found.may_publish:
        raise NotFound
    stands = dispositions.newest(db, consultation_id)
    texts = queries.texts_of(db, consultation_id, published=True)
    rows = [row for text in texts for row in _rows(db, text, stands)]
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/desk_publish.html",
        status=status,
        staff=account,
        consultation=found.consultation,
        answered=sum(row[2] is not None for row in rows),
        open=[row[0] for row in rows if row[1] and row[2] is None],
        publications=dispositions.publications(db, consultation_id),
        is_over=may_publish_answers(found.consultation, request.app.state.clock.now()),
        unpublished=_is_unpublished(db, consultation_id),
        form=form,
    )
    return response


HANDLERS = [table, clause_form, dispose, publish_form, publish]
