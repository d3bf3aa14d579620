"""The reasons that decisions name, kept by administrators."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import queries, reasons
from app.moderation.rules.standards import BY_CODE

ACTS = {
    "retire": reasons.retire_reason,
    "bring-back": reasons.bring_back_reason,
    "delete": reasons.delete_reason,
    "silence": reasons.silence_reason,
    "notify": reasons.notify_reason,
}


@get("/admin/reasons", name="moderation.reasons", guards=[may("moderation.standards")], sync_to_thread=True)
def reason_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _page(request, db, account, Form())


@post(
    "/admin/reasons",
    name="moderation.reasons.add",
    guards=[may("moderation.standards")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_reason(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    now, hides = request.app.state.clock.now(), form.get("hides", "")
    code, title, rule = (form.get(name, "") for name in ("code", "title", "rule"))
    try:
        if hides not in ("yes", "no"):
            raise Invalid([FieldError("hides", _("Choose whether the text stays readable."))])
        reasons.add_reason(db, code, title, rule, hides=hides == "yes", by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, Form.again(form, wrong), status=422)
    return see_other("/admin/reasons")


@post(
    "/admin/reasons/{code:str}",
    name="moderation.reasons.change",
    guards=[may("moderation.standards")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_reason(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    code: FromPath[str],
) -> Response[Any]:
    """``act``: ``retire``, ``bring-back``, ``delete``, ``silence`` or ``notify``."""
    if (act := ACTS.get(form.get("act", ""))) is not None:
        act(db, code, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/reasons")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "moderation/reasons.html",
        status=status,
        staff=account,
        reasons=queries.all_reasons(db),
        uses=queries.uses_of_reasons(db),
        of_the_standards=frozenset(BY_CODE),
        form=form,
    )
    return response


HANDLERS = [reason_list, add_reason, change_reason]
