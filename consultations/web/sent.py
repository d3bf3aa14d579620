"""After sending: which letter to open, that letter once more, and another address for one that was mistyped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import visitor
from app.core.errors import Conflict, TooMany
from app.core.i18n import _
from app.core.people.addresses import Address, read_address
from app.core.security.keys import Keys
from app.core.web.forms import Form, Sent
from app.core.web.just_sent import JustSent
from app.core.web.page import see_other
from consultations.identity import receipt_number
from consultations.model import Response as Reply
from consultations.queries import drafts
from consultations.queries.answering import RECEIPT
from consultations.service import owning
from consultations.service.correcting import send_elsewhere
from consultations.web.answering import show
from consultations.web.walking import Walk, busy, walk

_SENT = JustSent("townsquare-response", b"consultations.sent")


class NothingToCorrect(Conflict):
    """No sealed response of the last hour came with the form."""

    code = "nothing-to-correct"
    title = _("We no longer know what you sent")
    message = _(
        "An address can be corrected for an hour, in the browser that sent the response. Nothing was changed: "
        "answer once more with the right address."
    )
    way_on = ("/consultations/{consultation}", _("Back to the consultation"))


def remembered(request: Request[Any, Any, Any], answer: Redirect, response_id: int, at: datetime) -> Redirect:
    """The browser that gets this answer can correct the address for an hour from ``at``."""
    state = request.app.state
    cookie = _SENT.cookie(state.keyring, {"response": str(response_id)}, at, secure=state.settings.secure)
    answer.headers["set-cookie"] = cookie.decode("ascii")
    return answer


@get(
    "/consultations/{ref:str}/answer/{key:str}/sent",
    name="consultations.answer.sent",
    guards=[visitor],
    sync_to_thread=True,
)
def sent_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    going = walk(request, db, ref, key)
    response = drafts.became(db, going.draft)
    if response is None:
        return see_other(going.href("check"))
    return _page(request, going, response, Form())


@post(
    "/consultations/{ref:str}/answer/{key:str}/again",
    name="consultations.answer.again",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def again(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    """The letter once more."""
    state, going = request.app.state, walk(request, db, ref, key)
    response = drafts.became(db, going.draft)
    if response is not None and going.leads:
        owning.ask_again(db, state.keyring, going.policy, response.id, state.clock.now())
    return see_other(going.href("sent", again="yes"))


@post(
    "/consultations/{ref:str}/answer/{key:str}/correct",
    name="consultations.answer.correct",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
)
def correct(
    request: Request[Any, Any, Any], form: NamedDependency[Sent], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    """Another address for what was just sent. The first letter's link confirms nothing any more."""
    state = request.app.state
    with state.database.reading() as db:
        going = walk(request, db, ref, key)
        response = drafts.became(db, going.draft)
        db.expunge_all()
    at = _sent_here(request, response)
    if response is None or at is None:
        raise NothingToCorrect(consultation=going.consultation.id)
    fields = Form(values={"email": form.get("email", "")})
    refusal = busy(request, going.consultation.id)
    address = fields.read("email", read_address) if refusal is None else None
    if address is None:
        return _page(request, going, response, fields, refusal)
    now = state.clock.now()
    try:
        number = state.database.retrying(lambda db: _elsewhere(db, state.keyring, going, response.id, address, now))
    except TooMany as enough:
        return _page(request, going, response, fields, enough)
    return remembered(request, see_other(going.href("sent", again="yes")), number, at)


def _elsewhere(db: Session, keys: Keys, going: Walk, response_id: int, address: Address, now: datetime) -> int:
    """To the address that it had already goes another letter of the same."""
    number = send_elsewhere(db, keys, going.policy, response_id, address, now)
    if number == response_id:
        owning.ask_again(db, keys, going.policy, number, now)
    return number


def _sent_here(request: Request[Any, Any, Any], response: Reply | None) -> datetime | None:
    """When this browser sent a response that still waits; None where another one did, or longer ago than an hour."""
    state = request.app.state
    value = request.cookies.get(_SENT.cookie_name(secure=state.settings.secure), "")
    facts = _SENT.read(state.keyring, value, state.clock.now()) if value else None
    if response is None or facts is None or facts.get("response") != str(response.id):
        return None
    return datetime.fromisoformat(facts["at"])


def _page(
    request: Request[Any, Any, Any], going: Walk, response: Reply, form: Form, refusal: TooMany | None = None
) -> Response[Any]:
    state, counts, pending = request.app.state, response.state == "submitted", response.state == "pending"
    mine = going.is_trusted or (going.account is not None and going.account.id == response.account_id)
    page = show(
        request,
        going,
        "sent",
        status=refusal.status if refusal else 422 if form.errors else 200,
        pending=pending,
        counts=counts,
        number=receipt_number(state.keyring, response.id),
        response=response,
        receipt=f"/responses/receipt/{state.keyring.token(RECEIPT, response.id)}" if counts and mine else "",
        again="again" in request.query_params,
        correctable=pending and _sent_here(request, response) is not None,
        days=going.policy.confirm_days,
        form=form,
        busy=refusal,
    )
    page.headers.update(refusal.headers if refusal else {})
    return page


HANDLERS = [sent_page, again, correct]
