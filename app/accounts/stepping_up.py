"""Asking somebody to prove again who they are, without losing what they typed.

A page is sent there and back; a form is answered by a page that asks for the password and posts the
same fields again to the same address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, NoReturn
from urllib.parse import quote, urlencode

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.response import Redirect

from app.accounts import cookies
from app.accounts.drafts import is_own_path
from app.accounts.model import Account
from app.accounts.proving import Prover
from app.accounts.service import signing_in
from app.accounts.service.signing_in import Begun
from app.core.errors import Forbidden, NotFound, TooMany
from app.core.i18n import _
from app.core.security.cross_site import SAFE_METHODS
from app.core.security.limits import Allowance
from app.core.security.sessions import SignedIn
from app.core.web.edge import Answered, in_worker
from app.core.web.error_pages import wants_problem
from app.core.web.forms import CODE, PASSWORD, Form, Sent, read_form, without_proof
from app.core.web.multipart import fields_of, is_multipart
from app.core.web.page import see_other

Connection = ASGIConnection[Any, Any, Any, Any]
PAGE = "/confirm-it-is-you"
#: proofs of one account, right ones too: each is hashed in the few places that everybody's sign-in needs
PROOFS = Allowance(most=20, an_hour=200)


class Who(NamedTuple):
    """Whose cookie came with a request. ``lapsed``: their session ran out a short while ago."""

    account: Account
    session: SignedIn
    lapsed: bool


class ConfirmFirst(Forbidden):
    code = "confirm-it-is-you"
    title = _("Confirm that it is you")
    message = _("Open the page in your browser and confirm that it is you. Nothing was changed.")
    way_on = (PAGE, _("Confirm that it is you"))


async def ask(connection: Connection, who: Who) -> None:
    """Raises what asks for the password; a form that brings the right one goes on by a new session."""
    if not isinstance(connection, Request):
        raise NotFound
    if wants_problem(connection.scope):
        raise ConfirmFirst
    if connection.method in SAFE_METHODS:
        page = "/sign-in" if who.lapsed else PAGE
        raise Answered(see_other(f"{page}?{urlencode({'next': _address(connection)})}"))
    raise Answered(await in_worker(_answer, connection, who, await _fields(connection)))


async def ask_for_factor(connection: Connection, who: Who) -> None:
    """This site requires a second factor of its staff: to be set up, or given."""
    if who.account.has_factor:
        await ask(connection, who)
    raise Answered(see_other("/account/factor"))


async def ask_to_sign_in(connection: Connection) -> NoReturn:
    """Nobody is signed in; they come back to the page they wanted."""
    safe = isinstance(connection, Request) and connection.method in SAFE_METHODS
    raise Answered(see_other(f"/sign-in?{urlencode({'next': _address(connection)})}" if safe else "/sign-in"))


def prove(connection: Connection, who: Who, fields: Mapping[str, str], now: datetime) -> Begun | None:
    """A new session in place of the old one; None where password and code do not fit, or the old one was ended."""
    state = connection.app.state
    prover: Prover = state.prover
    spend_a_proof(connection, who.account)
    if not prover.again(who.account, who.session, fields.get(PASSWORD, ""), fields.get(CODE, ""), now):
        return None
    strong, browser = who.account.has_factor, cookies.browser_of(connection)
    begun: Begun | None = state.database.retrying(
        lambda db: signing_in.renew(
            db, db.get_one(Account, who.account.id), who.session.id, now, browser=browser, strong=strong
        )
    )
    return begun


def spend_a_proof(connection: Connection, account: Account) -> None:
    """Counts one more password of this account, wherever it is typed; raises :class:`TooMany`."""
    anywhere = ""
    connection.app.state.limits.spend(PROOFS, anywhere, "proofs", str(account.id))


def page(
    connection: Connection,
    who: Who,
    action: str,
    kept: Sequence[tuple[str, str]],
    *,
    status: int,
    wrong: Literal["", "pair"] | TooMany = "",
) -> Response[bytes]:
    """The form that asks; ``kept``: fields that go on unchanged."""
    form = Form()
    if wrong == "pair":
        form.refuse(PASSWORD, _("This is not right. Check it and try again; what you sent is kept."))
    response: Response[bytes] = connection.app.state.pages.personal(
        "accounts/confirm_it_is_you.html",
        status=status,
        form=form,
        account=who.account,
        lapsed=who.lapsed,
        action=action,
        came_from=_came_from(connection, action),
        kept=kept,
        busy=wrong if isinstance(wrong, TooMany) else None,
        password_field=PASSWORD,
        code_field=CODE,
    )
    return response


async def _fields(request: Request[Any, Any, Any]) -> Sent:
    """What the form holds. A file cannot be sent on by a page: it has to be chosen again."""
    if is_multipart(request.scope["headers"]):
        settings = request.app.state.settings
        return await fields_of(
            request.scope, request.receive, text=settings.form_max_bytes, a_file=settings.files_most_bytes
        )
    return read_form(await request.body(), proof=True)


def _answer(request: Request[Any, Any, Any], who: Who, fields: Sent) -> Response[Any]:
    """The page; or, where its password is right, the way back to the same address with the same fields."""
    now = request.app.state.clock.now()
    address, kept = _address(request), without_proof(fields.pairs)
    if PASSWORD not in fields:
        return page(request, who, address, kept, status=403)
    try:
        begun = prove(request, who, fields, now)
    except TooMany as wait:
        return page(request, who, address, kept, status=429, wrong=wait)
    if begun is None:
        return page(request, who, address, kept, status=422, wrong="pair")
    again = Redirect(address, status_code=307, headers={"cache-control": "no-store"})
    cookies.give(again, begun, secure=request.app.state.settings.secure)
    return again


def _came_from(connection: Connection, action: str) -> str:
    """The page on which the form stood: there its sender goes on who proves by a letter who they are."""
    base = connection.app.state.settings.base_url
    path = connection.headers.get("referer", "").removeprefix(base)
    sent = isinstance(connection, Request) and connection.method not in SAFE_METHODS
    return path if sent and is_own_path(path) and action != PAGE else ""


def _address(connection: Connection) -> str:
    """Path and query of this request, as a path of our own."""
    query = connection.scope["query_string"].decode("ascii", "ignore")
    path = "/" + quote(connection.scope["path"].lstrip("/\\"))
    return f"{path}?{query}" if query else path
