"""Codes on the desk: how many people made each point, renaming, merging, retiring."""

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
from consultations.service import coding
from consultations.web.desk_frame import Asking, Desk, desk_of, number


@get(
    "/desk/consultations/{consultation_id:int}/codes",
    name="consultations.desk.codes",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def codes(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _codes(desk_of(request, db, account, consultation_id), Form())


def _codes(desk: Desk, form: Form, status: int = 200) -> Response[bytes]:
    rows = queries.codes(desk.db, desk.id)
    return desk.page(
        "consultations/desk/codes.html",
        status=status,
        form=form,
        codes=[(c, desk.columns.count(("code", c.id))) for c in rows if c.merged_into_id is None],
        names=responses.names(desk.db, {c.by_id for c in rows}),
        merged=[c for c in rows if c.merged_into_id is not None],
        every_code={c.id: c for c in rows},
    )


@post(
    "/desk/consultations/{consultation_id:int}/codes",
    name="consultations.desk.codes.make",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def make(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    now = request.app.state.clock.now()
    try:
        coding.make(db, consultation_id, form.get("name", ""), form.get("description", ""), by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        shown = Form(values=form, errors={"name": str(wrong.errors[0].message)})
        return _codes(desk_of(request, db, account, consultation_id), shown, 422)
    return see_other(f"/desk/consultations/{consultation_id}/codes?done=made")


@get(
    "/desk/consultations/{consultation_id:int}/codes/{code_id:int}",
    name="consultations.desk.codes.one",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def one(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    code_id: FromPath[int],
) -> Response[bytes]:
    return _one(desk_of(request, db, account, consultation_id), code_id)


def _one(desk: Desk, code_id: int, form: Form | None = None, status: int = 200) -> Response[bytes]:
    row = queries.code(desk.db, desk.id, code_id)
    rows = queries.codes(desk.db, desk.id)
    by_question = [(q, desk.columns.count(("code", row.id, q.id))) for q in desk.free_texts]
    return desk.page(
        "consultations/desk/code.html",
        status=status,
        code=row,
        form=form or Form(values={"name": row.name, "description": row.description}),
        people=desk.columns.count(("code", row.id)),
        by_question=[(q, n) for q, n in by_question if n],
        others=[c for c in rows if c.retired_at is None and c.id != row.id],
        names=responses.names(desk.db, {row.by_id, row.retired_by_id}),
    )


@post(
    "/desk/consultations/{consultation_id:int}/codes/{code_id:int}",
    name="consultations.desk.codes.change",
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
    code_id: FromPath[int],
) -> Response[Any]:
    """``do``: save, retire or bring-back."""
    now, what = request.app.state.clock.now(), form.get("do", "save")
    try:
        if what in ("retire", "bring-back"):
            coding.retire(db, consultation_id, code_id, retired=what == "retire", by=account.id, now=now)
        else:
            name, description = form.get("name", ""), form.get("description", "")
            coding.change(db, consultation_id, code_id, name, description, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        desk = desk_of(request, db, account, consultation_id)
        return _one(desk, code_id, Form(values=form, errors={"name": str(wrong.errors[0].message)}), 422)
    return see_other(
        f"/desk/consultations/{consultation_id}/codes/{code_id}?done={'saved' if what == 'save' else what}"
    )


@get(
    "/desk/consultations/{consultation_id:int}/codes/{code_id:int}/merge",
    name="consultations.desk.codes.merge",
    guards=[may("consultations.code")],
    sync_to_thread=True,
)
def merge_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    code_id: FromPath[int],
) -> Response[bytes]:
    """What it would do, before it is done: a merge is not undone."""
    desk = desk_of(request, db, account, consultation_id)
    row = queries.code(db, consultation_id, code_id)
    into = queries.code(db, consultation_id, number(Sent(list(request.query_params.items())), "into"))
    return desk.page(
        "consultations/desk/merge.html",
        code=row,
        into=into,
        people=desk.columns.count(("code", row.id)),
        people_into=desk.columns.count(("code", into.id)),
        together=(desk.columns.submitted & (desk.columns["code", row.id] | desk.columns["code", into.id])).bit_count(),
    )


@post(
    "/desk/consultations/{consultation_id:int}/codes/{code_id:int}/merge",
    name="consultations.desk.codes.merged",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def merge(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    code_id: FromPath[int],
) -> Response[Any]:
    into = number(form, "into")
    coding.merge(db, consultation_id, code_id, into, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/desk/consultations/{consultation_id}/codes/{into}?done=merged")


HANDLERS = [codes, make, one, change, merge_page, merge]
