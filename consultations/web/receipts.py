"""A response in its owner's hands: confirm it, read the receipt, change it, take it back, say it was somebody else."""

from __future__ import annotations

from asyncio import get_running_loop
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.security.limits import Allowance
from app.core.web.edge import in_worker
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.core.web.pdf import Maker, pdf_maker
from app.performance.web.asking import asked_how
from consultations.model import LatePass
from consultations.model import Response as Reply
from consultations.policy import ConsultationPolicy
from consultations.queries.answering import CONFIRM, NOT_ME, RECEIPT, Receipt, earlier_response
from consultations.queries.answering import receipt as receipt_of
from consultations.queries.measured import SATISFACTION
from consultations.rules.responses import CONSENT_NAMES, Consent, ResponseState, may_become
from consultations.rules.sending import (
    ReceiptStopped,
    ResponseEnded,
    ResponseLinkUnknown,
    may_withdraw,
    refusal_to_confirm,
    refusal_to_send,
)
from consultations.service import drafts, owning
from consultations.service.acts import ConfirmResponse
from consultations.web.counted import on_the_roll, what_came

#: making one takes some seconds where a response is as long as one may be
PRINTINGS = Allowance(6, 60)
A_DAY = timedelta(days=1)


@get("/responses/confirm/{token:str}", name="consultations.confirm", guards=[anyone], sync_to_thread=True)
def confirm_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    consulting: NamedDependency[ConsultationPolicy],
    token: FromPath[str],
) -> Response[Any]:
    """A button: mail scanners open links, people press buttons."""
    state, reply = request.app.state, _reply(request, db, CONFIRM, token)
    if reply.state in (ResponseState.SUBMITTED, ResponseState.REPLACED):
        return see_other(f"/responses/confirmed/{token}")
    found, late_pass = receipt_of(db, state.keyring, reply), _pass_of(db, reply)
    refusal = refusal_to_confirm(reply, found.consultation, late_pass, state.clock.now(), consulting.confirm_days)
    if refusal is not None:
        raise refusal
    page: Response[Any] = state.pages.personal(
        "consultations/answer/confirm.html",
        token=token,
        found=found,
        consultation=found.consultation,
        late_pass=late_pass,
        joins=earlier_response(db, reply) is not None,
        closed=refusal_to_send(found.consultation, None, state.clock.now()) is not None,
    )
    return page


@post("/responses/confirm/{token:str}", name="consultations.confirm.post", guards=[anyone], status_code=303)
async def confirm(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    state = request.app.state
    number = state.keyring.read_token(CONFIRM, token)
    if number is None:
        raise ResponseLinkUnknown
    await state.intake.submit(ConfirmResponse(at=state.clock.now(), response_id=number))
    return see_other(f"/responses/confirmed/{token}")


@get("/responses/confirmed/{token:str}", name="consultations.confirmed", guards=[anyone], sync_to_thread=True)
def confirmed(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    state, reply = request.app.state, _reply(request, db, CONFIRM, token)
    counted = earlier_response(db, reply) if reply.state == ResponseState.REPLACED else reply
    if counted is None or counted.state == ResponseState.WITHDRAWN:
        raise ResponseEnded(consultation=reply.consultation_id)
    if counted.state != ResponseState.SUBMITTED:
        return see_other(f"/responses/confirm/{token}")
    found = receipt_of(db, state.keyring, counted)
    page: Response[Any] = state.pages.personal(
        "consultations/answer/confirmed.html",
        found=found,
        consultation=found.consultation,
        joined=counted.id != reply.id,
        receipt=f"/responses/receipt/{state.keyring.token(RECEIPT, counted.id)}",
        question=asked_how(request, SATISFACTION),
    )
    return page


@get("/responses/not-me/{token:str}", name="consultations.not-me", guards=[anyone], sync_to_thread=True)
def not_me_page(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    state, number = request.app.state, request.app.state.keyring.read_token(NOT_ME, token)
    if number is None:
        raise ResponseLinkUnknown
    reply = db.get(Reply, number)
    gone = reply is None or reply.state not in (ResponseState.PENDING, ResponseState.SUBMITTED)
    page: Response[Any] = state.pages.personal("consultations/answer/not_me.html", token=token, gone=gone)
    return page


@post(
    "/responses/not-me/{token:str}",
    name="consultations.not-me.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def not_me(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    state, number = request.app.state, request.app.state.keyring.read_token(NOT_ME, token)
    if number is None:
        raise ResponseLinkUnknown
    if db.get(Reply, number) is not None:
        owning.disown(db, number, state.clock.now())
    return see_other(f"/responses/not-me/{token}")


@get("/responses/receipt/{token:str}", name="consultations.receipt", guards=[anyone], sync_to_thread=True)
def receipt_page(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    found = _receipt(request, db, token)
    page: Response[Any] = request.app.state.pages.personal(
        "consultations/answer/receipt.html", **_receipt_values(request, db, found, token)
    )
    return page


@get("/responses/receipt/{token:str}/pdf", name="consultations.receipt.pdf", guards=[anyone])
async def receipt_pdf(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The same page as a tagged PDF, where this site has what makes one; made in the exports' own threads."""
    state = request.app.state
    make, number, html = await in_worker(_to_print, request, token)
    made = await get_running_loop().run_in_executor(state.exports, make, html, f"{state.settings.base_url}/")
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _to_print(request: Request[Any, Any, Any], token: str) -> tuple[Maker, str, str]:
    """What makes it, the receipt's number, and the page."""
    state, make = request.app.state, pdf_maker()
    if make is None:
        raise NotFound
    with state.database.reading() as db:
        found = _receipt(request, db, token)
        client = request.scope.get("client")
        state.limits.spend(PRINTINGS, client[0] if client else "", "receipt-pdf", str(found.response.id))
        values = _receipt_values(request, db, found, token)
        return make, found.number, state.pages.text("consultations/answer/receipt_print.html", **values)


@post(
    "/responses/receipt/{token:str}/amend",
    name="consultations.receipt.amend",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def amend(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    """A draft with everything that was sent; what counts stays as it is until that is sent."""
    state, reply = request.app.state, _reply(request, db, RECEIPT, token)
    draft = drafts.reopen(db, state.keyring, reply, state.clock.now())
    return see_other(f"/consultations/{draft.consultation_id}/answer/{draft.form_key}/check")


@post(
    "/responses/receipt/{token:str}/consent",
    name="consultations.receipt.consent",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def consent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    token: FromPath[str],
) -> Response[Any]:
    state, reply = request.app.state, _reply(request, db, RECEIPT, token)
    if form.get("consent") in set(Consent):
        owning.ask_for_privacy(db, reply.id, Consent(form["consent"]), state.clock.now())
    return see_other(f"/responses/receipt/{token}?done=consent")


@post(
    "/responses/receipt/{token:str}/news",
    name="consultations.receipt.news",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    token: FromPath[str],
) -> Response[Any]:
    owning.choose_news(db, _reply(request, db, RECEIPT, token).id, wanted=form.get("news") == "yes")
    return see_other(f"/responses/receipt/{token}?done=news")


@get(
    "/responses/receipt/{token:str}/withdraw",
    name="consultations.receipt.withdraw",
    guards=[anyone],
    sync_to_thread=True,
)
def withdraw_page(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    found = _receipt(request, db, token)
    page: Response[Any] = request.app.state.pages.personal(
        "consultations/answer/withdraw.html", **_receipt_values(request, db, found, token)
    )
    return page


@post(
    "/responses/receipt/{token:str}/withdraw",
    name="consultations.receipt.withdraw.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    owning.withdraw(db, _reply(request, db, RECEIPT, token).id, request.app.state.clock.now())
    return see_other(f"/responses/receipt/{token}?done=withdrawn")


@post(
    "/responses/receipt/{token:str}/stop",
    name="consultations.receipt.stop",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def stop(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    """The link works no more, for anyone."""
    owning.stop_receipt(db, _reply(request, db, RECEIPT, token).id, request.app.state.clock.now())
    return see_other(f"/responses/receipt/{token}")


def _reply(request: Request[Any, Any, Any], db: Session, purpose: str, token: str) -> Reply:
    number = request.app.state.keyring.read_token(purpose, token)
    reply = db.get(Reply, number) if number is not None else None
    if reply is None:
        raise ResponseLinkUnknown
    if purpose == RECEIPT and reply.receipt_stopped_at is not None:
        raise ReceiptStopped
    return reply


def _receipt(request: Request[Any, Any, Any], db: Session, token: str) -> Receipt:
    reply = _reply(request, db, RECEIPT, token)
    if reply.state == ResponseState.PENDING:
        raise ResponseLinkUnknown
    return receipt_of(db, request.app.state.keyring, reply)


def _receipt_values(request: Request[Any, Any, Any], db: Session, found: Receipt, token: str) -> dict[str, Any]:
    state, reply = request.app.state, found.response
    late_pass = _pass_of(db, reply)
    counts = reply.state == ResponseState.SUBMITTED
    given = Consent(reply.consent)
    return {
        "found": found,
        "consultation": found.consultation,
        "token": token,
        "counts": counts,
        "can_change": counts and refusal_to_send(found.consultation, late_pass, state.clock.now()) is None,
        "can_withdraw": counts and may_withdraw(found.consultation, late_pass, state.clock.now()),
        "closed": found.consultation.closes_at is not None and found.consultation.closes_at <= state.clock.now(),
        "late_pass": late_pass,
        "consent_now": CONSENT_NAMES[given],
        "stricter": [(c.value, CONSENT_NAMES[c]) for c in Consent if c != given and may_become(given, c)],
        "sections": [*what_came(db, reply), *on_the_roll(db, reply)],
        "done": request.query_params.get("done", ""),
        "has_pdf": pdf_maker() is not None,
        "question": asked_how(request, SATISFACTION) if counts and _is_new(reply, state.clock.now()) else None,
    }


def _pass_of(db: Session, reply: Reply) -> LatePass | None:
    return db.get(LatePass, reply.late_pass_id) if reply.late_pass_id else None


def _is_new(reply: Reply, now: datetime) -> bool:
    """Whoever reads the receipt weeks later is not asked how sending was."""
    return reply.submitted_at is not None and now - reply.submitted_at < A_DAY


HANDLERS = [
    confirm_page,
    confirm,
    confirmed,
    not_me_page,
    not_me,
    receipt_page,
    receipt_pdf,
    amend,
    consent,
    news,
    withdraw_page,
    withdraw,
    stop,
]
