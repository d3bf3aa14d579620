"""A member's own pages: what is mine, under which name I am shown, which letters I get, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import cookies, drafts, erasing, links, membership
from app.accounts.guards import may
from app.accounts.holding import LetterChoice, wants
from app.accounts.links import Purpose
from app.accounts.model import Account
from app.accounts.rules.names import read_shown_name
from app.accounts.web import held
from app.accounts.web.joining import SENT, too_many_letters
from app.core.errors import TooMany
from app.core.people.addresses import read_address
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other

BASE = "/account"


@get("/account", name="accounts.account", guards=[may("accounts.own")], sync_to_thread=True)
def account_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return held.show(request, db, erasing.person_of(account), "accounts/account.html", BASE, account=account)


@post(
    "/account/held/{kind:str}/{row:int}/{act:str}",
    name="accounts.account.act",
    guards=[may("accounts.own")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def act(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    row: FromPath[int],
    act: FromPath[str],
) -> Response[Any]:
    return held.act(request, db, erasing.person_of(account), BASE, form, kind, row, act)


@get("/account/download", name="accounts.download", guards=[may("accounts.own")], sync_to_thread=True)
def download(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return held.download(request, db, erasing.person_of(account))


@get("/account/details", name="accounts.details", guards=[may("accounts.own")], sync_to_thread=True)
def details(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    letters = _letters(account, state.site.letter_choices)
    kept = drafts.read(db, state.keyring, request.query_params.get("draft", ""), state.clock.now())
    typed = dict(kept.fields) if kept is not None else {}
    return _details(request, account, Form(values=_stored(account) | letters | typed))


@post(
    "/account/details",
    name="accounts.details.post",
    guards=[may("accounts.own")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_details(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    state, shown = request.app.state, Form(values=form)
    now = state.clock.now()
    taken = () if account.is_staff else state.reserved_names(db)
    name = shown.read("name", lambda text: read_shown_name(text, taken))
    if name is None:
        return _details(request, account, shown, status=422)
    letters = {c.kind: form.get(f"letter-{c.kind}") == "yes" for c in state.site.letter_choices}
    membership.change(db, account.id, name, withheld=form.get("withheld") == "yes", letters=letters, now=now)
    return see_other("/account/details?done=stored")


@post(
    "/account/address",
    name="accounts.address.post",
    guards=[may("accounts.address.change")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_address(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """The new mailbox has to prove itself first; until then the old one stays."""
    state, shown = request.app.state, Form(values=form)
    address = shown.read("email", read_address)
    shown.values = {**_stored(account), **_letters(account, state.site.letter_choices), **form}
    if address is None:
        return _details(request, account, shown, status=422)
    if (busy := too_many_letters(request)) is not None:
        return _details(request, account, shown, busy=busy)
    template = "accounts/mail/change_address"
    links.write(db, state.keyring, Purpose.ADDRESS, template, address, state.clock.now(), account_id=account.id)
    return see_other(SENT)


@get("/account/address/{token:str}", name="accounts.address", guards=[may("accounts.own")], sync_to_thread=True)
def address_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    state = request.app.state
    link = links.opened(db, state.keyring, Purpose.ADDRESS, token, state.clock.now())
    email = links.facts_of(state.keyring, link)["email"]
    response: Response[bytes] = state.pages.personal("accounts/address.html", email=email)
    return response


@post(
    "/account/address/{token:str}",
    name="accounts.address.confirm",
    guards=[may("accounts.own")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def confirm_address(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    token: FromPath[str],
) -> Response[Any]:
    """By whoever is signed in with the account, and has read the letter to the new mailbox."""
    state = request.app.state
    now = state.clock.now()
    link = links.opened(db, state.keyring, Purpose.ADDRESS, token, now, to_use=True)
    membership.move(db, state.keyring, link, account.id, now)
    return see_other("/account/details?done=address")


@get("/account/erase", name="accounts.erase", guards=[may("accounts.erase")], sync_to_thread=True)
def erase_form(request: Request[Any, Any, Any], account: NamedDependency[Account]) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal("accounts/erase.html", base=BASE, has_account=True)
    return response


@post(
    "/account/erase",
    name="accounts.erase.post",
    guards=[may("accounts.erase")],
    sync_to_thread=True,
    status_code=303,
)
def erase(request: Request[Any, Any, Any], account: NamedDependency[Account]) -> Response[Any]:
    state = request.app.state
    person, secure = erasing.person_of(account), state.settings.secure
    erasing.erase(state.database, state.keyring, state.site.holdings, person, state.clock.now())
    response: Response[Any] = see_other("/erased")
    for name in (cookies.cookie_name(secure), cookies.device_cookie(secure)):
        cookies.drop(response, name, secure=secure)
    return response


def _stored(account: Account) -> dict[str, str]:
    return {"name": account.name, "withheld": "yes" if account.name_withheld else ""}


def _letters(account: Account, choices: Iterable[LetterChoice]) -> dict[str, str]:
    return {f"letter-{c.kind}": "yes" if wants(account.letters, c.kind) else "" for c in choices}


def _details(
    request: Request[Any, Any, Any], account: Account, form: Form, *, status: int = 200, busy: TooMany | None = None
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "accounts/details.html",
        status=status if busy is None else 429,
        account=account,
        form=form,
        busy=busy,
        choices=state.site.letter_choices,
        done=request.query_params.get("done", ""),
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [
    account_page,
    act,
    download,
    details,
    change_details,
    change_address,
    address_form,
    confirm_address,
    erase_form,
    erase,
]
