"""Everything that was signed with an address, for its owner: no account, one mailed link, an hour."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts import erasing, joining, links
from app.accounts.guards import anyone
from app.accounts.holding import Person
from app.accounts.links import Purpose
from app.accounts.web import held
from app.accounts.web.joining import SENT, too_many_letters
from app.core.errors import Gone, TooMany
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.keys import CannotUnseal
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other

SEEN_FOR = timedelta(hours=1)
_BOUND = b"accounts.mine"


class AskAgain(Gone):
    code = "mine-over"
    title = _("Ask for another letter")
    message = _("What was signed with an address is shown for an hour after the link in our letter was opened.")
    way_on = ("/mine", _("Ask for a letter"))


@get("/mine", name="accounts.mine", guards=[anyone], sync_to_thread=True)
def ask_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _ask(request, Form())


@post("/mine", name="accounts.mine.post", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def ask(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[Any]:
    """The same answer whether or not anything was signed with the address."""
    state, shown = request.app.state, Form(values=form)
    address = shown.read("email", read_address)
    if address is None:
        return _ask(request, shown, status=422)
    if (busy := too_many_letters(request)) is not None:
        return _ask(request, shown, busy=busy)
    links.write(db, state.keyring, Purpose.MINE, "accounts/mail/mine", address, state.clock.now())
    return see_other(SENT)


@get("/mine/{token:str}", name="accounts.mine.open", guards=[anyone], sync_to_thread=True)
def open_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    state = request.app.state
    link = links.opened(db, state.keyring, Purpose.MINE, token, state.clock.now())
    email = links.facts_of(state.keyring, link)["email"]
    response: Response[bytes] = state.pages.personal("accounts/mine_open.html", email=email)
    return response


@post(
    "/mine/{token:str}",
    name="accounts.mine.open.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def open_mine(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    state = request.app.state
    now = state.clock.now()
    link = links.opened(db, state.keyring, Purpose.MINE, token, now, to_use=True)
    email = links.facts_of(state.keyring, link)["email"]
    links.use(db, link, now)
    response: Response[Any] = see_other("/mine/all")
    _set_cookie(response, state, email, now)
    return response


@get("/mine/all", name="accounts.mine.all", guards=[anyone], sync_to_thread=True)
def mine(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    person = _person(request)
    return held.show(request, db, person, "accounts/mine/all.html", "/mine/all", has_account=_has_account(db, person))


@post(
    "/mine/all/{kind:str}/{row:int}/{act:str}",
    name="accounts.mine.act",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def act(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    row: FromPath[int],
    act: FromPath[str],
) -> Response[Any]:
    return held.act(request, db, _person(request), "/mine/all", form, kind, row, act)


@get("/mine/download", name="accounts.mine.download", guards=[anyone], sync_to_thread=True)
def download(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    return held.download(request, db, _person(request))


@get("/mine/erase", name="accounts.mine.erase", guards=[anyone], sync_to_thread=True)
def erase_form(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    person = _person(request)
    response: Response[bytes] = request.app.state.pages.personal(
        "accounts/erase.html", base="/mine", has_account=_has_account(db, person)
    )
    return response


@post("/mine/erase", name="accounts.mine.erase.post", guards=[anyone], sync_to_thread=True, status_code=303)
def erase(request: Request[Any, Any, Any]) -> Response[Any]:
    state = request.app.state
    erasing.erase(state.database, state.keyring, state.site.holdings, _person(request), state.clock.now())
    response: Response[Any] = see_other("/erased")
    _set_cookie(response, state, "", state.clock.now())
    return response


@post("/mine/close", name="accounts.mine.close", guards=[anyone], sync_to_thread=True, status_code=303)
def close(request: Request[Any, Any, Any]) -> Response[Any]:
    """On a borrowed machine: nothing of it stays."""
    response: Response[Any] = see_other("/")
    _set_cookie(response, request.app.state, "", request.app.state.clock.now())
    return response


@get("/erased", name="accounts.erased", guards=[anyone], sync_to_thread=True)
def erased(request: Request[Any, Any, Any]) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal("accounts/erased.html")
    return response


def _person(request: Request[Any, Any, Any]) -> Person:
    """Whose address the cookie was sealed for, within its hour; raises :class:`AskAgain`."""
    state = request.app.state
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(_cookie(state), "").encode("ascii"))
        facts = state.keyring.unseal(sealed, _BOUND, passing=True)
    except (CannotUnseal, UnicodeEncodeError, binascii.Error) as wrong:
        raise AskAgain from wrong
    if datetime.fromtimestamp(int(facts["ends"]), UTC) <= state.clock.now():
        raise AskAgain
    return Person(None, read_address(facts["email"]))


def _cookie(state: Any) -> str:
    return "__Host-townsquare-mine" if state.settings.secure else "townsquare-mine"


def _set_cookie(response: Response[Any], state: Any, email: str, now: datetime) -> None:
    """Sealed with the address and its hour; with no address it is taken away."""
    facts = {"email": email, "ends": str(int((now + SEEN_FOR).timestamp()))}
    value = base64.urlsafe_b64encode(state.keyring.seal(facts, _BOUND, passing=True)).decode() if email else ""
    response.set_cookie(
        _cookie(state),
        value,
        max_age=int(SEEN_FOR.total_seconds()) if email else 0,
        path="/",
        secure=state.settings.secure,
        httponly=True,
        samesite="lax",
    )


def _has_account(db: Session, person: Person) -> bool:
    """Whether the mailbox opens an account too, which this page neither shows nor erases."""
    account = joining.account_of(db, person.address) if person.address is not None else None
    return account is not None and account.disabled_at is None


def _ask(
    request: Request[Any, Any, Any], form: Form, *, status: int = 200, busy: TooMany | None = None
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "accounts/mine_ask.html", status=status if busy is None else 429, form=form, busy=busy
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [ask_form, ask, open_form, open_mine, mine, act, download, erase_form, erase, close, erased]
