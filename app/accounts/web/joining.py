"""Signing up, and signing in by a letter: ask, read the letter, press one button."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import cookies, joining, links
from app.accounts.guards import anyone, visitor, who
from app.accounts.joining import Wish
from app.accounts.links import LinkOver, Purpose
from app.accounts.rules.names import read_shown_name
from app.accounts.web.signing_in import onward, welcome
from app.core.errors import TooMany
from app.core.people.addresses import read_address
from app.core.security.limits import Allowance
from app.core.switches import Switch
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other

#: letters that one network may ask for: a class in a library gets through
LETTERS = Allowance(most=30, an_hour=200)
SENT = "/sign-in/letter"


@get("/sign-up", name="accounts.sign-up", guards=[anyone], sync_to_thread=True)
def sign_up_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _page(request, "sign_up", Form(values=onward(request.query_params)))


@post(
    "/sign-up",
    name="accounts.sign-up.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    stops_with=Switch.SIGN_UP,
)
def sign_up(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]
) -> Response[Any]:
    state, shown = request.app.state, Form(values=form)
    address = shown.read("email", read_address)
    name = shown.read("name", lambda text: read_shown_name(text, state.reserved_names(db)))
    if shown.errors or address is None or name is None:
        return _page(request, "sign_up", shown, status=422)
    if (busy := too_many_letters(request)) is not None:
        return _page(request, "sign_up", shown, busy=busy)
    wish = Wish(address, name, form.get("withheld") == "yes", onward(form), cookies.device_of(request))
    joining.ask_to_join(db, state.keyring, wish, state.clock.now())
    return see_other(SENT)


@post("/sign-in/link", name="accounts.link", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def ask_for_link(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]
) -> Response[Any]:
    """The other half of the sign-in page: no password, a letter instead."""
    state, shown = request.app.state, Form(values=form)
    address = shown.read("email", read_address)
    if address is None:
        return _page(request, "link", shown, status=422)
    if (busy := too_many_letters(request)) is not None:
        return _page(request, "link", shown, busy=busy)
    wish = Wish(address, "", way=onward(form), device=cookies.device_of(request))
    joining.ask_to_sign_in(db, state.keyring, wish, state.clock.now())
    return see_other(SENT)


@get("/sign-in/link", name="accounts.link-form", guards=[anyone], sync_to_thread=True)
def link_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _page(request, "link", Form(values=onward(request.query_params)))


@get(SENT, name="accounts.letter-sent", guards=[anyone], sync_to_thread=True)
def letter_sent(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same page whether or not there is an account."""
    response: Response[bytes] = request.app.state.pages.personal("accounts/letter_sent.html")
    return response


@get("/sign-up/{token:str}", name="accounts.joining", guards=[anyone], sync_to_thread=True)
def join_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    state = request.app.state
    link = links.opened(db, state.keyring, Purpose.SIGN_UP, token, state.clock.now())
    facts = links.facts_of(state.keyring, link)
    return _page(request, "joining", Form(values=facts), address=facts["email"])


@post(
    "/sign-up/{token:str}",
    name="accounts.joining.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    stops_with=Switch.SIGN_UP,
)
def join(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent], token: FromPath[str]
) -> Response[Any]:
    state, shown = request.app.state, Form(values=form)
    now = state.clock.now()
    link = links.opened(db, state.keyring, Purpose.SIGN_UP, token, now, to_use=True)
    facts = links.facts_of(state.keyring, link)
    name = shown.read("name", lambda text: read_shown_name(text, state.reserved_names(db)))
    if name is None:
        return _page(request, "joining", shown, status=422, address=facts["email"])
    account = joining.join(db, link, state.keyring, name, withheld=form.get("withheld") == "yes", now=now)
    return welcome(request, db, account, onward(facts), by_letter=True)


@get("/sign-in/link/{token:str}", name="accounts.enter", guards=[visitor], sync_to_thread=True)
def enter_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    """Mail programs open links by themselves: the button acts, the link does not. It says whose account it opens,
    so that nobody is led into a stranger's."""
    state, here = request.app.state, who(request)
    link = links.opened(db, state.keyring, Purpose.SIGN_IN, token, state.clock.now())
    account = links.holder(db, link)
    if account is None:
        raise LinkOver(Purpose.SIGN_IN)
    other = here if here is not None and here.id != account.id else None
    response: Response[bytes] = state.pages.personal("accounts/enter.html", account=account, other=other)
    return response


@post(
    "/sign-in/link/{token:str}",
    name="accounts.enter.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def enter(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    state = request.app.state
    now = state.clock.now()
    link = links.opened(db, state.keyring, Purpose.SIGN_IN, token, now, to_use=True)
    account = links.holder(db, link)
    if account is None:
        raise LinkOver(Purpose.SIGN_IN)
    facts = links.facts_of(state.keyring, link)
    links.use(db, link, now)
    return welcome(request, db, joining.let_in(account, now), onward(facts), by_letter=True)


def too_many_letters(request: Request[Any, Any, Any]) -> TooMany | None:
    """Counts one more letter that this network asks for; how long to wait where it is one too many."""
    client = request.client.host if request.client else ""
    try:
        request.app.state.limits.spend(LETTERS, client, "accounts.letters")
    except TooMany as wait:
        return wait
    return None


def _page(
    request: Request[Any, Any, Any],
    name: str,
    form: Form,
    *,
    status: int = 200,
    busy: TooMany | None = None,
    **more: Any,
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        f"accounts/{name}.html", status=status if busy is None else 429, form=form, busy=busy, **more
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [sign_up_form, sign_up, ask_for_link, link_form, letter_sent, join_form, join, enter_form, enter]
