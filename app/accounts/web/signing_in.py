"""Sign in, sign out, set a password."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.guards import anyone, cookie_name
from app.accounts.rules.roles import HOME, Role
from app.core.errors import BadField, Forbidden, Invalid
from app.core.i18n import _
from app.core.security import sessions
from app.core.security.limits import Allowance
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other

ATTEMPTS = Allowance(most=10, an_hour=60)


class SaysNotWhereFrom(Forbidden):
    code = "no-origin"
    title = _("Your browser did not say where this form came from")
    message = _("Signing in needs that. Update your browser, or allow it to send the Origin header to this site.")
    way_on = ("/sign-in", _("Back to sign in"))


@get("/sign-in", name="accounts.sign-in", guards=[anyone], sync_to_thread=True)
def sign_in_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    state = request.app.state
    if state.settings.staff_second_factor == "required":
        raise service.StaffDoorClosed
    return _page(request, Form())


@post("/sign-in", name="accounts.sign-in.post", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def sign_in(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]
) -> Response[Any]:
    state = request.app.state
    if state.settings.staff_second_factor == "required":
        raise service.StaffDoorClosed
    if request.scope.get("cookieless"):
        raise SaysNotWhereFrom
    client = request.client.host if request.client else ""
    state.limits.spend(ATTEMPTS, client, "sign-in")
    now = state.clock.now()
    found = service.sign_in(db, form.get("email", ""), form.get("password", ""), state.passwords, now)
    if found is None:
        shown = Form(values={"email": form.get("email", "")})
        shown.refuse("email", _("The email address and the password do not fit together. Check both and try again."))
        return _page(request, shown, status=422)
    account, token = found
    response: Response[Any] = see_other(HOME[Role(account.role)])
    _set_cookie(response, state.settings.secure, token)
    return response


@post("/sign-out", name="accounts.sign-out", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def sign_out(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[Any]:
    secure = request.app.state.settings.secure
    if token := request.cookies.get(cookie_name(secure), ""):
        sessions.end(db, token)
    response: Response[Any] = see_other("/")
    _set_cookie(response, secure, "", max_age=0)
    response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
    return response


@get("/set-password/{token:str}", name="accounts.set-password", guards=[anyone], sync_to_thread=True)
def password_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    account = service.account_of_link(db, token, request.app.state.clock.now())
    return request.app.state.pages.personal("accounts/set_password.html", form=Form(), token=token, account=account)


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
    state = request.app.state
    now = state.clock.now()
    account = service.account_of_link(db, token, now)
    shown = Form()
    try:
        if form.get("password") != form.get("again"):
            raise BadField(_("The two passwords are not the same."))
        service.set_password(db, account, form.get("password", ""), state.passwords, now=now)
    except BadField as wrong:
        shown.refuse("again", wrong.message)
    except Invalid as wrong:
        shown.refuse("password", wrong.errors[0].message)
    if shown.errors:
        return state.pages.personal("accounts/set_password.html", status=422, form=shown, token=token, account=account)
    return see_other("/sign-in")


def _page(request: Request[Any, Any, Any], form: Form, status: int = 200) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal("accounts/sign_in.html", status=status, form=form)
    return response


def _set_cookie(response: Response[Any], secure: bool, token: str, *, max_age: int | None = None) -> None:
    """Browsers let nobody delete a ``__Host-`` cookie but by one that is as strict as itself."""
    response.set_cookie(
        cookie_name(secure), token, max_age=max_age, path="/", secure=secure, httponly=True, samesite="lax"
    )


HANDLERS = [sign_in_form, sign_in, sign_out, password_form, set_password]
