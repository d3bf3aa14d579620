"""The answer: seen as the public will, released, told, taken back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.outcomes import queries, service
from app.outcomes.rules.answers import read_answer
from app.outcomes.web.lookup import door_of, lock, owned, teller_of
from app.outcomes.web.matter import page


@post(
    "/desk/referrals/{referral_id:int}",
    name="outcomes.answer",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def answer(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``step=preview`` shows the answer as the public will read it; ``step=release`` publishes it."""
    state = request.app.state
    referral = owned(db, account, referral_id)
    if door := door_of(state, referral):
        raise service.AnsweredElsewhere(door=door)
    shown = Form(values=form)
    try:
        text = read_answer(form.get("grade", ""), form.get("summary", ""), form.get("details", ""))
    except Invalid as wrong:
        shown.errors = {e.field: str(e.message) for e in wrong.errors}
        return page(request, db, account, referral_id, shown, status=422)
    if form.get("step") != "release":
        if form.get("step") == "edit":  # a box that was not ticked sends nothing
            shown.values = {**form, "send_news": form.get("send_news") or "no"}
        return page(request, db, account, referral_id, shown, preview=form.get("step") == "preview")
    lock(state, db, referral)
    try:
        service.answer(
            db,
            referral_id,
            referral.department_id or 0,
            text,
            after_version=_seen(form),
            by=account.id,
            now=state.clock.now(),
            tell=_wants_news(form),
        )
    except service.AnswerChanged:
        db.rollback()
        return _changed_meanwhile(request, db, account, referral_id, form)
    return see_other(f"/desk/referrals/{referral_id}")


@post(
    "/desk/referrals/{referral_id:int}/news",
    name="outcomes.news",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``do=send`` has those who asked told of the answer as it stands; ``do=call-off`` stops what has not left."""
    state = request.app.state
    referral = owned(db, account, referral_id)
    teller = teller_of(state, referral)
    if teller is None or form.get("do") not in ("send", "call-off"):
        raise NotFound
    lock(state, db, referral)
    department, now = referral.department_id or 0, state.clock.now()
    if form.get("do") == "send":
        service.send_news(db, teller, referral_id, department, after_version=_seen(form), by=account.id, now=now)
    else:
        service.call_off_news(db, teller, referral_id, department, by=account.id, now=now)
    return see_other(f"/desk/referrals/{referral_id}#told")


@post(
    "/desk/referrals/{referral_id:int}/take-back",
    name="outcomes.take-back",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """The answer disappears from public pages and is owed again; refused once somebody was told of it."""
    state = request.app.state
    referral = owned(db, account, referral_id)
    if door := door_of(state, referral):
        raise service.AnsweredElsewhere(door=door)
    lock(state, db, referral)
    service.withdraw_answer(
        db,
        referral_id,
        referral.department_id or 0,
        after_version=_seen(form),
        by=account.id,
        now=state.clock.now(),
    )
    return see_other(f"/desk/referrals/{referral_id}")


def _changed_meanwhile(
    request: Request[Any, Any, Any], db: Session, account: Account, referral_id: int, form: Sent
) -> Response[bytes]:
    """Nothing typed is lost: it waits below the answer that came first."""
    newest = queries.all_versions(db, referral_id)
    shown = Form(values={**form, "after_version": str(newest[0].version if newest else 0)})
    words = _("Somebody else changed the answer while you were writing. Yours is not published: it waits below.")
    shown.errors = {"": str(words)}
    return page(request, db, account, referral_id, shown, status=409)


def _wants_news(form: Sent) -> bool | None:
    """The box as it was left; None, the usual way, where whoever sent the form was never shown one."""
    return form.get("send_news") == "yes" if "send_news" in form or "asks_news" in form else None


def _seen(form: Sent) -> int:
    seen = form.get("after_version", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1


HANDLERS = [answer, news, take_back]
