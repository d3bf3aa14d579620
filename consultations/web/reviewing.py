"""From draft to public, and the second look: small acts of one button, and the page on which somebody publishes."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.text.sections import MOST_REASON
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.model import Consultation
from consultations.policy import ConsultationPolicy
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.texts import CHECKS, read_remark
from consultations.service import editing, reviewing
from consultations.service.locking import must_be
from consultations.service.reviewing import Publishing
from consultations.web.hosting import one_page, seen


@post(
    "/hosting/consultations/{consultation_id:int}/act/{act:str}",
    name="consultations.act",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def act(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
    act: FromPath[str],
) -> Response[Any]:
    """``submit``, ``take-back``, ``send-back`` with a remark, ``approve``, ``look-again``, ``discard``."""
    consultation, shown = seen(db, consultation_id), Form(values=form)
    remark = shown.read("remark", read_remark) if act == "send-back" else ""
    if remark is None:
        return one_page(request, db, account, consultation, shown, status=422)
    by, now = account.id, request.app.state.clock.now()
    try:
        match act:
            case "submit":
                reviewing.submit(db, consulting, consultation_id, by=by, now=now)
            case "take-back":
                reviewing.take_back(db, consultation_id, by=by, now=now)
            case "send-back":
                reviewing.send_back(db, consultation_id, remark, by=by, now=now)
            case "approve":
                handed_in = form.get("handed_in", "")
                reviewing.approve(db, consulting, consultation_id, by=by, now=now, handed_in=handed_in)
            case "look-again":
                reviewing.look_again(db, consultation_id, by=by, now=now)
            case "discard":
                editing.discard(db, consultation_id, by=by, now=now)
            case _other:
                raise NotFound
    except Invalid as wrong:
        db.rollback()
        return one_page(request, db, account, seen(db, consultation_id), Form.again(form, wrong), status=422)
    return see_other("/hosting/consultations" if act == "discard" else f"/hosting/consultations/{consultation_id}")


@get(
    "/hosting/consultations/{consultation_id:int}/discard",
    name="consultations.discard",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def discard_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """Says what will happen; the button does it."""
    consultation = seen(db, consultation_id)
    must_be(consultation, (E.DRAFT, E.IN_REVIEW, E.APPROVED))
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/hosting/discard.html", staff=account, consultation=consultation
    )
    return response


@get(
    "/hosting/consultations/{consultation_id:int}/publish",
    name="consultations.publish",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def publish_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, seen(db, consultation_id), Form(), by_force=False)


@post(
    "/hosting/consultations/{consultation_id:int}/publish",
    name="consultations.publish.post",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def publish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
) -> Response[Any]:
    try:
        said = _said(form)
        reviewing.publish(db, consulting, consultation_id, said, by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, seen(db, consultation_id), again, by_force=False, status=422)
    return see_other(f"/hosting/consultations/{consultation_id}")


@get(
    "/hosting/consultations/{consultation_id:int}/force",
    name="consultations.force",
    guards=[may("consultations.force")],
    sync_to_thread=True,
)
def force_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, seen(db, consultation_id), Form(), by_force=True)


@post(
    "/hosting/consultations/{consultation_id:int}/force",
    name="consultations.force.post",
    guards=[may("consultations.force")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def force(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
) -> Response[Any]:
    try:
        said = _said(form)
        reviewing.force(db, consulting, consultation_id, said, by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, seen(db, consultation_id), again, by_force=True, status=422)
    return see_other(f"/hosting/consultations/{consultation_id}")


def _said(form: Sent) -> Publishing:
    """:class:`Invalid` where a reason is too long."""
    shown = Form(values=form)
    reasons = {name: shown.read(name, _read_optional) or "" for name in ("short_reason", "force_reason")}
    shown.check()
    return Publishing([name for name in CHECKS if form.get(name)], **reasons)


def _read_optional(text: str) -> str:
    return read_remark(text) if text.strip() else ""


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation: Consultation,
    form: Form,
    *,
    by_force: bool,
    status: int = 200,
) -> Response[bytes]:
    state = request.app.state
    now, policy = state.clock.now(), state.site.dependencies["consulting"]
    must_be(consultation, (E.DRAFT, E.IN_REVIEW) if by_force else (E.APPROVED,))
    timed = consultation.opens_at is not None and consultation.closes_at is not None
    response: Response[bytes] = state.pages.personal(
        "consultations/hosting/publish.html",
        status=status,
        staff=account,
        consultation=consultation,
        by_force=by_force,
        lacks=reviewing.missing(db, policy, consultation, now),
        checks=CHECKS,
        days=reviewing.days_open(consultation, now) if timed else 0,
        is_short=reviewing.is_short(policy, consultation, now),
        shortest=policy.shortest_days,
        most=MOST_REASON,
        form=form,
    )
    return response


HANDLERS = [act, discard_page, publish_page, publish, force_page, force]
