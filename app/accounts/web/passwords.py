"""Setting a password by a one-time link, and changing one's own."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.guards import anyone, may
from app.accounts.model import Account
from app.accounts.stepping_up import spend_a_proof
from app.core.errors import BadField, Invalid
from app.core.i18n import _
from app.core.security.sessions import SignedIn
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other


@get("/set-password/{token:str}", name="accounts.set-password", guards=[anyone], sync_to_thread=True)
def password_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    account = service.account_of_link(db, token, request.app.state.clock.now())
    return _page(request, f"/set-password/{token}", account, Form())


@post(
    "/set-password/{token:str}",
    name="accounts.set-password.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def set_password(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent], token: FromPath[str]
) -> Response[Any]:
    account = service.account_of_link(db, token, request.app.state.clock.now())
    shown = _set(request, db, account, form)
    return _page(request, f"/set-password/{token}", account, shown, 422) if shown.errors else see_other("/sign-in")


@get("/account/password", name="accounts.password", guards=[may("accounts.password.change")], sync_to_thread=True)
def own_password_form(request: Request[Any, Any, Any], account: NamedDependency[Account]) -> Response[bytes]:
    return _page(request, "/account/password", account, Form())


@post(
    "/account/password",
    name="accounts.password.post",
    guards=[may("accounts.password.change")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_own_password(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    account: NamedDependency[Account],
    signed: NamedDependency[SignedIn],
) -> Response[Any]:
    """Every other session of the account ends."""
    shown = _set(request, db, account, form, but=signed.id)
    return _page(request, "/account/password", account, shown, 422) if shown.errors else see_other("/account/sessions")


def _set(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Sent, *, but: bytes | None = None
) -> Form:
    """Sets it; the form that comes back names what is wrong, if anything."""
    state, shown = request.app.state, Form()
    spend_a_proof(request, account)
    password, name = form.get("password", ""), state.settings.site_name
    try:
        if password != form.get("again"):
            raise BadField(_("The two passwords are not the same."))
        service.set_password(db, account, password, state.passwords, now=state.clock.now(), but=but, site_name=name)
    except BadField as wrong:
        shown.refuse("again", wrong.message)
    except Invalid as wrong:
        shown.refuse("password", wrong.errors[0].message)
    return shown


def _page(
    request: Request[Any, Any, Any], action: str, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "accounts/set_password.html", status=status, form=form, action=action, account=account
    )
    return response


HANDLERS = [password_form, set_password, own_password_form, change_own_password]
