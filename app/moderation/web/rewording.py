"""Other words for a rule: what changes is shown first, and what was decided keeps the words it had."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Invalid, NotFound
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import queries, reasons
from app.moderation.model import Reason

FIELDS = ("title", "rule", "hides", "reason")
MOST_WHY = 1_000


@get("/admin/reasons/{code:str}", name="moderation.reason", guards=[may("moderation.standards")], sync_to_thread=True)
def one_reason(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    code: FromPath[str],
) -> Response[bytes]:
    rule = _known(db, code)
    now_said = {"title": rule.title, "rule": rule.rule, "hides": "yes" if rule.hides else "no"}
    return _page(request, db, account, rule, Form(values=now_said))


@post(
    "/admin/reasons/{code:str}/words",
    name="moderation.reason.words",
    guards=[may("moderation.standards")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def reword(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    code: FromPath[str],
) -> Response[Any]:
    """First shown beside the old words; stored at the second press."""
    rule, asked = _known(db, code), Form(values={name: form.get(name, "") for name in FIELDS})
    why = asked.read("reason", _read_why)
    if asked.get("hides") not in ("yes", "no"):
        asked.refuse("hides", str(_("Choose whether the text stays readable.")))
    asked.errors |= reasons.faults_of(asked.get("title"), asked.get("rule"))
    if asked.errors or why is None:
        return _page(request, db, account, rule, asked, status=422)
    if form.get("step") == "edit":
        return _page(request, db, account, rule, asked)
    if form.get("step") != "sure":
        return _page(request, db, account, rule, asked, template="moderation/reason_check.html")
    hides, now = asked.get("hides") == "yes", request.app.state.clock.now()
    title, words = asked.get("title"), asked.get("rule")
    try:
        reasons.reword_reason(db, code, title, words, hides=hides, why=why, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, rule, Form.again(form, wrong), status=422)
    return see_other("/admin/reasons")


def _known(db: Session, code: str) -> Reason:
    rule = queries.reason(db, code, queries.standards_version(db))
    if rule is None:
        raise NotFound
    return rule


def _read_why(text: str) -> str:
    why = tidy(text)
    if is_blank(why):
        raise BadField(str(_("Say why: it goes on record with your name")))
    if length(why) > MOST_WHY:
        raise BadField(str(_("The reason must be 1,000 characters or fewer")))
    return why


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    rule: Reason,
    form: Form,
    *,
    status: int = 200,
    template: str = "moderation/reason.html",
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        template,
        status=status,
        staff=account,
        rule=rule,
        form=form,
        fields=FIELDS,
        uses=queries.uses_of_reasons(db).get(rule.code, 0),
        version=queries.standards_version(db),
    )
    return response


HANDLERS = [one_reason, reword]
