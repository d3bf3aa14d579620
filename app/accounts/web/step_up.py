"""Confirm that it is you: before a page that is dangerous in a stranger's hands."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from app.accounts import cookies, stepping_up
from app.accounts.guards import may
from app.accounts.leading import is_own_page
from app.accounts.model import Account
from app.accounts.rules.roles import HOME, Role
from app.accounts.stepping_up import PAGE, Who
from app.core.errors import TooMany
from app.core.security.sessions import SignedIn
from app.core.web.edge import in_worker
from app.core.web.forms import read_form
from app.core.web.page import see_other

OWN = [may("accounts.own", before_factor=True)]


@get(PAGE, name="accounts.confirm", guards=OWN, sync_to_thread=True)
def confirm_form(
    request: Request[Any, Any, Any], account: NamedDependency[Account], signed: NamedDependency[SignedIn]
) -> Response[bytes]:
    kept = [("next", _next(request, request.query_params.get("next", ""), account))]
    return stepping_up.page(request, Who(account, signed, lapsed=False), PAGE, kept, status=200)


@post(PAGE, name="accounts.confirm.post", guards=OWN, status_code=303)
async def confirm(
    request: Request[Any, Any, Any], account: NamedDependency[Account], signed: NamedDependency[SignedIn]
) -> Response[Any]:
    """It reads the body itself: what proves who somebody is reaches no other handler."""
    return await in_worker(_confirm, request, account, signed, await request.body())


def _confirm(request: Request[Any, Any, Any], account: Account, signed: SignedIn, body: bytes) -> Response[Any]:
    fields, who = read_form(body, proof=True), Who(account, signed, lapsed=False)
    onward = _next(request, fields.get("next", ""), account)
    state, kept = request.app.state, [("next", onward)]
    try:
        begun = stepping_up.prove(request, who, fields, state.clock.now())
    except TooMany as wait:
        return stepping_up.page(request, who, PAGE, kept, status=429, wrong=wait)
    if begun is None:
        return stepping_up.page(request, who, PAGE, kept, status=422, wrong="pair")
    response: Response[Any] = see_other(onward)
    cookies.give(response, begun, secure=state.settings.secure)
    return response


def _next(request: Request[Any, Any, Any], path: str, account: Account) -> str:
    return path if is_own_page(request.app, path) else HOME[Role(account.role)]


HANDLERS = [confirm_form, confirm]
