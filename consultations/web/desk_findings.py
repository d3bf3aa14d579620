"""Findings on the desk: what was heard, with the people and the passages behind it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.queries import coding as queries
from consultations.queries import responses
from consultations.rules.filtering import Filters, whole
from consultations.service import findings
from consultations.web.desk_frame import Asking, Desk, desk_of, number

MOST_CANDIDATES = 20


@get(
    "/desk/consultations/{consultation_id:int}/findings",
    name="consultations.desk.findings",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def listed(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _listed(desk_of(request, db, account, consultation_id), Form())


def _listed(desk: Desk, form: Form, status: int = 200) -> Response[bytes]:
    return desk.page(
        "consultations/desk/findings.html",
        status=status,
        form=form,
        behind=queries.behind(desk.db, desk.columns, queries.findings(desk.db, desk.id)),
        removed=queries.findings(desk.db, desk.id, removed=True),
        codes=_choices(desk),
        chosen=_chosen(form, "codes"),
        chosen_questions=_chosen(form, "questions"),
    )


def _choices(desk: Desk) -> list[tuple[Any, int]]:
    rows = queries.codes(desk.db, desk.id)
    return [(c, desk.columns.count(("code", c.id))) for c in rows if c.merged_into_id is None]


def _chosen(form: Form, name: str) -> set[int]:
    values = form.values
    return _numbers(values, name) if isinstance(values, Sent) else set()


def _numbers(form: Sent, name: str) -> set[int]:
    return {n for text in form.all(name) if (n := whole(text))}


@post(
    "/desk/consultations/{consultation_id:int}/findings",
    name="consultations.desk.findings.add",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    try:
        made = findings.add(
            db,
            consultation_id,
            form.get("title", ""),
            form.get("text", ""),
            codes=_numbers(form, "codes"),
            questions=_numbers(form, "questions"),
            by=account.id,
            now=request.app.state.clock.now(),
        )
    except Invalid as wrong:
        db.rollback()
        return _listed(desk_of(request, db, account, consultation_id), Form.again(form, wrong), 422)
    return see_other(f"/desk/consultations/{consultation_id}/findings/{made.id}?done=added")


@get(
    "/desk/consultations/{consultation_id:int}/findings/{finding_id:int}",
    name="consultations.desk.finding",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def one(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    finding_id: FromPath[int],
) -> Response[bytes]:
    return _one(desk_of(request, db, account, consultation_id), finding_id)


def _one(desk: Desk, finding_id: int, form: Form | None = None, status: int = 200) -> Response[bytes]:
    row = queries.finding(desk.db, desk.id, finding_id)
    (behind,) = queries.behind(desk.db, desk.columns, [row])
    stored = {"title": row.title, "text": row.text, "seen": str(row.revision)}
    candidates = queries.candidates(desk.db, row, behind.codes, MOST_CANDIDATES)
    quoted = [*behind.quotes, *candidates]
    return desk.page(
        "consultations/desk/finding.html",
        status=status,
        finding=row,
        behind=behind,
        form=form or Form(values=stored),
        codes=_choices(desk),
        chosen=_chosen(form, "codes") if form else {c.id for c in behind.codes},
        chosen_questions=_chosen(form, "questions") if form else set(behind.questions),
        candidates=candidates,
        numbers={q.coding.response_id: desk.number_of(q.coding.response_id) for q in quoted},
        every_code={c.id: c for c in behind.codes},
        names=responses.names(desk.db, {row.by_id, row.changed_by_id}),
    )


@post(
    "/desk/consultations/{consultation_id:int}/findings/{finding_id:int}",
    name="consultations.desk.finding.change",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    finding_id: FromPath[int],
) -> Response[Any]:
    """``do``: save, up, down, remove, put-back, quote, unquote."""
    path, what = f"/desk/consultations/{consultation_id}/findings", form.get("do", "save")
    try:
        _act(request, db, account.id, form, consultation_id, finding_id, what)
    except Invalid as wrong:
        db.rollback()
        desk = desk_of(request, db, account, consultation_id)
        return _one(desk, finding_id, Form.again(form, wrong) if what == "save" else None, 422)
    if what in ("up", "down", "remove", "put-back"):
        return see_other(f"{path}?done={what}")
    return see_other(f"{path}/{finding_id}?done={what}")


def _act(request: Asking, db: Session, by: int, form: Sent, consultation_id: int, finding_id: int, what: str) -> None:
    now = request.app.state.clock.now()
    match what:
        case "up" | "down":
            findings.move(db, consultation_id, finding_id, up=what == "up", by=by, now=now)
        case "remove" | "put-back":
            findings.remove(db, consultation_id, finding_id, removed=what == "remove", by=by, now=now)
        case "quote":
            findings.quote(db, consultation_id, finding_id, number(form, "coding"), by=by, now=now)
        case "unquote":
            findings.unquote(db, consultation_id, finding_id, number(form, "coding"), by=by, now=now)
        case _:
            findings.change(
                db,
                consultation_id,
                finding_id,
                form.get("title", ""),
                form.get("text", ""),
                codes=_numbers(form, "codes"),
                questions=_numbers(form, "questions"),
                seen=number(form, "seen"),
                by=by,
                now=now,
            )


@get(
    "/desk/consultations/{consultation_id:int}/findings/{finding_id:int}/responses",
    name="consultations.desk.finding.responses",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def behind_it(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    finding_id: FromPath[int],
) -> Response[bytes]:
    """Everybody who stands behind it, each once."""
    desk = desk_of(request, db, account, consultation_id)
    row = queries.finding(db, consultation_id, finding_id)
    (behind,) = queries.behind(db, desk.columns, [row])
    filters = Filters.read_from((k, str(v)) for k, v in request.query_params.items() if k in ("after", "before"))
    page = responses.one_page(desk.columns, behind.bits, filters)
    return desk.page(
        "consultations/desk/finding_responses.html",
        finding=row,
        behind=behind,
        page=page,
        filters=filters,
        lines=responses.lines(db, page.ids, desk.questions, ""),
    )


HANDLERS = [listed, add, one, change, behind_it]
