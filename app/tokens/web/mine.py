"""The programs that act for a department, for its officers: they see which there are, and can end one at once."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.operation.rules import read_reason
from app.tokens.queries import of_department, of_disabled
from app.tokens.service import ending
from app.tokens.web.shown import one_page, scopes_in_words

PATH = "/desk/tokens"


@get(PATH, name="tokens.mine", guards=[may("tokens.mine")], sync_to_thread=True)
def my_tokens(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Those that work, and those that did."""
    state, department = request.app.state, department_of(db, account)
    now, tokens = state.clock.now(), of_department(db, department.id)
    response: Response[bytes] = state.pages.personal(
        "tokens/mine.html",
        staff=account,
        department=department,
        path=PATH,
        living=[t for t in tokens if t.is_living(now)],
        ended=[t for t in tokens if not t.is_living(now)],
        may=scopes_in_words,
        orphaned=of_disabled(db, tokens),
        now=now,
    )
    return response


@get("/desk/tokens/{token_id:int}", name="tokens.mine-one", guards=[may("tokens.mine")], sync_to_thread=True)
def my_token(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    token_id: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[bytes]:
    return one_page(request, db, account, department_of(db, account), token_id, Form(), PATH, done=done == "revoked")


@post(
    "/desk/tokens/{token_id:int}",
    name="tokens.revoke-mine",
    guards=[may("tokens.revoke-mine")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def revoke_mine(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    token_id: FromPath[int],
) -> Response[Any]:
    """With a reason, for the record."""
    department, asked = department_of(db, account), Form(form)
    reason = asked.read("reason", read_reason)
    if reason is None:
        return one_page(request, db, account, department, token_id, asked, PATH, status=422)
    ending.revoke(db, token_id, department.id, reason=reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{PATH}/{token_id}?done=revoked")


HANDLERS = [my_tokens, my_token, revoke_mine]
