"""Officials write a draft text: a list of them, and the page on which one is pasted or typed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from consultations.model import Consultation
from consultations.queries import texts as queries
from consultations.rules.clauses import read_text
from consultations.rules.working import COMMENTS, WRITABLE, TextChangedMeanwhile, TextFixed, read_title
from consultations.service import texts as service
from consultations.web.own_texts import Desk, desk_of, number_in

#: a form may be so long, in bytes as it travels
MOST_FORM = 6_000_000


@get(
    "/hosting/consultations/{consultation_id:int}/text",
    name="consultations.texts",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def texts(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _list_page(request, db, account, consultation_id, Form(values={"comments": "before"}))


@post(
    "/hosting/consultations/{consultation_id:int}/text",
    name="consultations.texts-add",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    shown = Form(values=form)
    title, comments = shown.read("title", read_title), shown.read("comments", chosen("comments", COMMENTS))
    if title is None or comments is None:
        return _list_page(request, db, account, consultation_id, shown, status=422)
    now = request.app.state.clock.now()
    made = service.add(db, consultation_id, title, comments, by=account.id, now=now)
    return see_other(f"/hosting/consultations/{consultation_id}/text/{made.number}")


@get(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}",
    name="consultations.text-write",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def write_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[bytes]:
    return _write_page(request, account, desk_of(db, account, consultation_id, number))


@post(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}",
    name="consultations.text-write.post",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    request_max_body_size=MOST_FORM,
)
def write(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    """Over a colleague's newer text nothing is stored, and what was typed stands below it."""
    desk, shown = desk_of(db, account, consultation_id, number), Form(values=form)
    blocks = shown.read("body", read_text)
    if blocks is None:
        return _write_page(request, account, desk, shown, status=422)
    now = request.app.state.clock.now()
    try:
        service.write(
            db,
            consultation_id,
            number,
            blocks,
            based_on=number_in(form, "based_on"),
            after_revision=number_in(form, "revision"),
            by=account.id,
            now=now,
        )
    except BadField as wrong:
        shown.refuse("body", wrong.message)
        return _write_page(request, account, desk, shown, status=422)
    except (TextChangedMeanwhile, TextFixed) as newer:
        db.rollback()
        return _write_page(
            request, account, desk_of(db, account, consultation_id, number), shown, status=409, newer=newer
        )
    return see_other(f"{desk.path}/mapping" if desk.current else f"{desk.path}?saved")


@post(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/name",
    name="consultations.text-name",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def name(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    desk, shown = desk_of(db, account, consultation_id, number), Form(values=form)
    title, comments = shown.read("title", read_title), shown.read("comments", chosen("comments", COMMENTS))
    if title is None or comments is None:
        return _write_page(request, account, desk, named=shown, status=422)
    now = request.app.state.clock.now()
    service.settle_name(db, consultation_id, number, title, comments, by=account.id, now=now)
    return see_other(f"{desk.path}?saved")


@post(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/drop",
    name="consultations.text-drop",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def drop(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    desk, now = desk_of(db, account, consultation_id, number), request.app.state.clock.now()
    seen = number_in(form, "revision")
    service.drop(db, consultation_id, number, after_revision=seen, by=account.id, now=now)
    return see_other(desk.path)


def _list_page(
    request: Request[Any, Any, Any], db: Session, account: Account, consultation_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    consultation = db.get(Consultation, consultation_id)
    if not service.may_write(db, consultation, account.id):
        raise NotFound
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/hosting_list.html",
        status=status,
        staff=account,
        consultation=consultation,
        texts=queries.texts_of(db, consultation_id),
        writable=consultation is not None and consultation.state in WRITABLE,
        form=form,
        choices=[(value, str(label)) for value, label in COMMENTS.items()],
    )
    return response


def _write_page(
    request: Request[Any, Any, Any],
    account: Account,
    desk: Desk,
    form: Form | None = None,
    *,
    named: Form | None = None,
    status: int = 200,
    newer: TextChangedMeanwhile | TextFixed | None = None,
) -> Response[bytes]:
    """``newer``: why what was typed was not stored; it stands in a box of its own below what came first."""
    mine = "" if newer is None or form is None else form.get("body")
    values = {"body": desk.typed, "revision": str(desk.text.revision), "based_on": str(desk.text.version)}
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/hosting_write.html",
        status=status,
        staff=account,
        desk=desk,
        form=Form(values=values) if form is None or newer else form,
        named=named or Form(values={"title": desk.text.title, "comments": desk.text.comments}),
        newer=newer,
        mine=mine,
        choices=[(value, str(label)) for value, label in COMMENTS.items()],
        saved="saved" in request.query_params,
        published="published" in request.query_params,
    )
    return response


HANDLERS = [texts, add, write_form, write, name, drop]
