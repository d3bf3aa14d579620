"""The second factor: setting it up, changing the device, new recovery codes."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts import cookies
from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.roles import HOME, Role
from app.accounts.service import factor, signing_in
from app.core.errors import Invalid
from app.core.security import totp
from app.core.security.sessions import SignedIn
from app.core.web.forms import Form, Sent


@get(
    "/account/factor",
    name="accounts.factor",
    guards=[may("accounts.factor", before_factor=True)],
    sync_to_thread=True,
)
def factor_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    if not account.has_factor:
        return _offer(request, account, Form())
    left = factor.codes_left(db, account.id)
    return _shown(request, "accounts/factor.html", account, left=left)


@get(
    "/account/factor/change",
    name="accounts.factor.change",
    guards=[may("accounts.factor.change", before_factor=True)],
    sync_to_thread=True,
)
def change_form(request: Request[Any, Any, Any], account: NamedDependency[Account]) -> Response[bytes]:
    return _offer(request, account, Form())


@post(
    "/account/factor/change",
    name="accounts.factor.change.post",
    guards=[may("accounts.factor.change", before_factor=True)],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    account: NamedDependency[Account],
) -> Response[bytes]:
    """The app's first code proves that it has the secret. Everything else of the account signs in anew."""
    state, now = request.app.state, request.app.state.clock.now()
    secret = factor.offered(state.keyring, account, form.get("offer", ""), now)
    try:
        codes = factor.turn_on(db, state.keyring, account, secret, form.get("code", ""), now)
    except Invalid as wrong:
        return _offer(request, account, Form.again({}, wrong), (secret, form.get("offer", "")), status=422)
    browser, device = cookies.browser_of(request), cookies.device_of(request)
    begun = signing_in.begin(db, account, now, browser=browser, device=device, strong=True)
    response = _codes(request, account, codes)
    cookies.give(response, begun, secure=state.settings.secure)
    return response


@post(
    "/account/factor/codes",
    name="accounts.factor.codes",
    guards=[may("accounts.factor.change")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def renew_codes(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    signed: NamedDependency[SignedIn],
) -> Response[bytes]:
    if not account.has_factor:
        return _offer(request, account, Form(), status=422)
    return _codes(request, account, factor.renew_codes(db, account, request.app.state.clock.now()))


def _offer(
    request: Request[Any, Any, Any],
    account: Account,
    form: Form,
    offer: tuple[str, str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    """A picture to scan, the same in letters, and a field for the first code."""
    state = request.app.state
    secret, sealed = offer or factor.offer(state.keyring, account, state.clock.now())
    address = totp.setup_address(secret, account.email or account.name, state.settings.site_name)
    shown = {"picture": totp.picture(address), "secret": totp.in_fours(secret), "offer": sealed}
    required = state.settings.staff_second_factor == "required" and not account.has_factor
    return _shown(request, "accounts/factor_setup.html", account, status, form=form, required=required, **shown)


def _codes(request: Request[Any, Any, Any], account: Account, codes: list[str]) -> Response[bytes]:
    return _shown(request, "accounts/factor_codes.html", account, codes=codes, onward=HOME[Role(account.role)])


def _shown(
    request: Request[Any, Any, Any], template: str, account: Account, status: int = 200, **values: Any
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(template, status=status, staff=account, **values)
    return response


HANDLERS = [factor_page, change_form, change, renew_codes]
