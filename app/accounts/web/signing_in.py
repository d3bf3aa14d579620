"""Sign in, give the code of the second factor, sign out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from sqlalchemy.orm import Session

from app.accounts import cookies, drafts
from app.accounts.guards import anyone
from app.accounts.leading import is_own_page
from app.accounts.model import Account
from app.accounts.proving import Where
from app.accounts.rules.roles import HOME, Role
from app.accounts.service import signing_in as service
from app.core.errors import Forbidden, TooMany, Unavailable
from app.core.i18n import _
from app.core.security import sessions
from app.core.security.limits import Allowance, network_of
from app.core.web.edge import in_worker
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other

#: against floods; what slows guessing is counted under account and network in the database
ATTEMPTS = Allowance(most=60, an_hour=1000)
#: seconds that whoever is over it waits for each answer
HELD_FOR = 1.0
ONWARD = ("next", "draft")


class SaysNotWhereFrom(Forbidden):
    code = "no-origin"
    title = _("Your browser did not say where this form came from")
    message = _("Signing in needs that. Update your browser, or allow it to send the Origin header to this site.")
    way_on = ("/sign-in", _("Back to sign in"))


class PasswordFirst(Forbidden):
    """Else whoever reads a mailbox could give an office a second factor of their own."""

    code = "password-first"
    title = _("Sign in with your password")
    message = _(
        "You still have to set up your second factor, and a letter alone is not enough for that. "
        "If you have lost your password, ask an administrator for a link to set a new one. Nothing was changed."
    )
    way_on = ("/sign-in", _("Go to sign in"))


@get("/sign-in", name="accounts.sign-in", guards=[anyone], sync_to_thread=True)
def sign_in_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _page(request, Form(values=onward(request.query_params)))


async def paced(connection: cookies.Connection, handler: BaseRouteHandler) -> None:
    """Counts an attempt of this network. Past what it may do, each waits before it costs anything more: a flood of them
    holds connections, not the threads and processor time that others sign with."""
    limits, client = connection.app.state.limits, connection.client.host if connection.client else ""
    try:
        await in_worker(limits.spend, ATTEMPTS, client, "sign-in")
    except TooMany as wait:
        connection.scope["busy"] = wait  # type: ignore[typeddict-unknown-key]
        await asyncio.sleep(HELD_FOR)


@post("/sign-in", name="accounts.sign-in.post", guards=[anyone, paced], status_code=303)
async def sign_in(request: Request[Any, Any, Any], form: NamedDependency[Sent]) -> Response[Any]:
    """Judging a password costs so much that few are judged at once."""
    if request.scope.get("cookieless"):
        raise SaysNotWhereFrom
    shown = Form(values={"email": form.get("email", ""), **onward(form)})
    if isinstance(busy := request.scope.get("busy"), TooMany):
        return await in_worker(_page, request, shown, busy.status, busy)
    try:
        async with request.app.state.doorstep.passed():
            return await in_worker(_judged, request, form, shown)
    except (TooMany, Unavailable) as wait:
        return await in_worker(_page, request, shown, wait.status, wait)


def _judged(request: Request[Any, Any, Any], form: Sent, shown: Form) -> Response[Any]:
    state, now = request.app.state, request.app.state.clock.now()
    found = state.prover.owner(form.get("email", ""), form.get("password", ""), _where(request), now)
    let_in = partial(_let_in, request, found, onward(form))
    answer: Response[Any] | None = state.database.retrying(let_in) if found is not None else None
    if answer is None:
        shown.refuse("email", _("The email address and the password do not fit together. Check both and try again."))
        return _page(request, shown, status=422)
    return answer


def _let_in(
    request: Request[Any, Any, Any], proved: Account, way: Mapping[str, str], db: Session
) -> Response[Any] | None:
    """Whoever proved it, unless the password was changed meanwhile, or the account disabled or erased."""
    account = db.get(Account, proved.id)
    if account is None or account.disabled_at is not None or account.password_hash != proved.password_hash:
        return None
    return welcome(request, db, account, way)


@get("/sign-in/code", name="accounts.code", guards=[anyone], sync_to_thread=True)
def code_form(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[Any]:
    state = request.app.state
    if service.read_half_way(db, state.keyring, cookies.half_way_of(request), state.clock.now()) is None:
        return see_other("/sign-in")
    return _code_page(request, Form())


@post("/sign-in/code", name="accounts.code.post", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def code(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[Any]:
    """The second half of signing in: a code of the app, or a recovery code."""
    state, now = request.app.state, request.app.state.clock.now()
    half_way = service.read_half_way(db, state.keyring, cookies.half_way_of(request), now)
    if half_way is None:
        return see_other("/sign-in")
    account, facts = half_way
    shown = Form()
    try:
        good = state.prover.code(account, form.get("code", ""), _where(request), now)
    except TooMany as wait:
        return _code_page(request, shown, status=429, busy=wait)
    if not good:
        shown.refuse("code", _("This code is not right, or it was used. Wait for the next one and type that."))
        return _code_page(request, shown, status=422)
    response = begin(request, db, account, onward(facts), strong=True)
    cookies.drop(response, cookies.half_way_cookie(state.settings.secure), secure=state.settings.secure)
    return response


@post("/sign-out", name="accounts.sign-out", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def sign_out(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[Any]:
    """The browser stays known to the account, by a cookie that opens nothing."""
    secure = request.app.state.settings.secure
    if token := cookies.session_of(request):
        sessions.end(db, token)
    response: Response[Any] = see_other("/")
    cookies.drop(response, cookies.cookie_name(secure), secure=secure)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def welcome(
    request: Request[Any, Any, Any], db: Session, account: Account, way: Mapping[str, str], *, by_letter: bool = False
) -> Response[Any]:
    """After a right password or a mailed link: signed in, or on to the code where the account has a second factor."""
    state = request.app.state
    if not account.has_factor:
        if by_letter and account.is_staff and state.settings.staff_second_factor == "required":
            raise PasswordFirst
        return begin(request, db, account, way)
    response: Response[Any] = see_other("/sign-in/code")
    text = service.half_way(state.keyring, account, way, state.clock.now())
    cookies.give_half_way(response, text, secure=state.settings.secure)
    return response


def begin(
    request: Request[Any, Any, Any], db: Session, account: Account, way: Mapping[str, str], *, strong: bool = False
) -> Response[Any]:
    """A new session, and on to where they wanted to go."""
    state, old = request.app.state, cookies.session_of(request)
    if old:
        sessions.end(db, old)  # whatever this browser came with, planted or forgotten
    browser, device = cookies.browser_of(request), cookies.device_of(request)
    begun = service.begin(db, account, state.clock.now(), browser=browser, device=device, strong=strong)
    response: Response[Any] = see_other(_destination(request, db, account, way))
    cookies.give(response, begun, secure=state.settings.secure)
    return response


def onward(fields: Mapping[str, str]) -> dict[str, str]:
    """Where somebody wants to go after signing in: a path of ours, a draft's token."""
    found = {name: fields.get(name, "") for name in ONWARD}
    if not drafts.is_own_path(found["next"]):
        found["next"] = ""
    return {name: value[:400] for name, value in found.items() if value}


def _destination(request: Request[Any, Any, Any], db: Session, account: Account, way: Mapping[str, str]) -> str:
    state = request.app.state
    kept = drafts.read(db, state.keyring, way.get("draft", ""), state.clock.now())
    if kept is not None:
        return f"{kept.path}{'&' if '?' in kept.path else '?'}{urlencode({'draft': way['draft']})}"
    onward = way.get("next", "")
    return onward if is_own_page(request.app, onward) else HOME[Role(account.role)]


def _where(request: Request[Any, Any, Any]) -> Where:
    return Where(network_of(_client(request)), cookies.device_of(request))


def _client(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else ""


def _page(
    request: Request[Any, Any, Any], form: Form, status: int = 200, busy: TooMany | Unavailable | None = None
) -> Response[bytes]:
    return _shown(request, "accounts/sign_in.html", form, status, busy)


def _code_page(
    request: Request[Any, Any, Any], form: Form, status: Literal[200, 422, 429] = 200, busy: TooMany | None = None
) -> Response[bytes]:
    return _shown(request, "accounts/code.html", form, status, busy)


def _shown(
    request: Request[Any, Any, Any], template: str, form: Form, status: int, busy: TooMany | Unavailable | None
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(template, status=status, form=form, busy=busy)
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [sign_in_form, sign_in, code_form, code, sign_out]
