"""One department's tokens, for administrators: issued, shown once, looked at, revoked."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.model import Department
from app.operation.rules import read_reason
from app.tokens.policy import TokensPolicy
from app.tokens.queries import of_department, of_disabled
from app.tokens.rules.scopes import SCOPE_NAMES, Scope
from app.tokens.rules.wishes import read_wish
from app.tokens.service import ending, issuing
from app.tokens.web.shown import one_page, scopes_in_words

#: days to choose from, as long as the deployment allows them
DAYS = (30, 90, 180, 365)


@get(
    "/admin/departments/{department_id:int}/tokens",
    name="tokens.department",
    guards=[may("tokens.see")],
    sync_to_thread=True,
)
def token_list(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    department_id: FromPath[int],
) -> Response[bytes]:
    """Those that work, and those that did."""
    return _list(request, db, account, _department(db, department_id), Form())


@post(
    "/admin/departments/{department_id:int}/tokens",
    name="tokens.issue",
    guards=[may("tokens.issue")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def issue(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    department_id: FromPath[int],
) -> Response[bytes]:
    """Answers with the token's text: the only page that ever shows it."""
    state, policy = request.app.state, _policy(request)
    department, now = _department(db, department_id), state.clock.now()
    try:
        wish = read_wish(form.get("name", ""), form.all("scopes"), form.get("days", ""), most_days=policy.most_days)
        token, text = issuing.issue(db, department.id, wish, policy, by=account.id, now=now)
    except Invalid as wrong:
        shown = Form.again({**form, "scopes": " ".join(form.all("scopes"))}, wrong)
        return _list(request, db, account, department, shown, status=422)
    response: Response[bytes] = state.pages.personal(
        "tokens/issued.html",
        staff=account,
        department=department,
        token=token,
        text=text,
        may=scopes_in_words(token),
    )
    return response


@get(
    "/admin/departments/{department_id:int}/tokens/{token_id:int}",
    name="tokens.one",
    guards=[may("tokens.see")],
    sync_to_thread=True,
)
def token(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    department_id: FromPath[int],
    token_id: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[bytes]:
    department = _department(db, department_id)
    return one_page(request, db, account, department, token_id, Form(), _path(department), done=done == "revoked")


@post(
    "/admin/departments/{department_id:int}/tokens/{token_id:int}",
    name="tokens.revoke",
    guards=[may("tokens.revoke")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def revoke(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    department_id: FromPath[int],
    token_id: FromPath[int],
) -> Response[Any]:
    """With a reason, for the record."""
    department, asked = _department(db, department_id), Form(form)
    reason = asked.read("reason", read_reason)
    if reason is None:
        return one_page(request, db, account, department, token_id, asked, _path(department), status=422)
    ending.revoke(db, token_id, department.id, reason=reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{_path(department)}/{token_id}?done=revoked")


def _department(db: Session, department_id: int) -> Department:
    found = db.get(Department, department_id)
    if found is None:
        raise NotFound
    return found


def _path(department: Department) -> str:
    return f"/admin/departments/{department.id}/tokens"


def _policy(request: Request[Any, Any, Any]) -> TokensPolicy:
    policy: TokensPolicy = request.app.state.site.dependencies["tokens_policy"]
    return policy


def _list(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    department: Department,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    state, policy = request.app.state, _policy(request)
    now, tokens = state.clock.now(), of_department(db, department.id)
    response: Response[bytes] = state.pages.personal(
        "tokens/department.html",
        status=status,
        staff=account,
        department=department,
        path=_path(department),
        living=[t for t in tokens if t.is_living(now)],
        ended=[t for t in tokens if not t.is_living(now)],
        may=scopes_in_words,
        orphaned=of_disabled(db, tokens),
        scopes=[(str(scope), *SCOPE_NAMES[scope]) for scope in Scope],
        days=sorted({d for d in DAYS if d <= policy.most_days} or {policy.most_days}),
        tell_days=policy.tell_days,
        form=form,
        now=now,
    )
    return response


HANDLERS = [token_list, issue, token, revoke]
