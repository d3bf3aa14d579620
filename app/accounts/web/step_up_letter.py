"""Confirm that it is you, without a password: a letter whose link signs in anew, and leads back to what was being done."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts import cookies, drafts, joining
from app.accounts.guards import visitor, who
from app.accounts.joining import Wish
from app.accounts.leading import is_own_page
from app.accounts.stepping_up import PAGE
from app.accounts.web.joining import SENT, too_many_letters
from app.core.people.addresses import Address, BadAddress, read_address
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.core.web.stopped import SECRET_FIELDS

#: fields of the page itself, beside those of the form that waits
NEXT, EMAIL = "letter.next", "letter.email"
_NOT_KEPT = SECRET_FIELDS | {NEXT, EMAIL, "next"}


@post(
    f"{PAGE}/letter",
    name="accounts.confirm.letter",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def letter(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[Any]:
    """Whoever was signed out meanwhile says the address; the answer does not tell whether it was right."""
    state, address = request.app.state, _address(request, form)
    if (busy := too_many_letters(request)) is not None:
        raise busy
    if address is not None:
        wish = Wish(address, "", way=_way(request, db, form), device=cookies.device_of(request))
        joining.ask_to_sign_in(db, state.keyring, wish, state.clock.now())
    return see_other(SENT)


def _address(request: Request[Any, Any, Any], form: Sent) -> Address | None:
    account = who(request)
    try:
        return read_address((account.email or "") if account is not None else form.get(EMAIL, ""))
    except BadAddress:
        return None


def _way(request: Request[Any, Any, Any], db: Session, form: Sent) -> dict[str, str]:
    """Back to the page with what was typed there; a form that only asks to go on waits at its own address."""
    state, asked = request.app.state, (form.get(NEXT, ""), form.get("next", ""))
    onward = next((path for path in asked if is_own_page(request.app, path)), "")
    typed = {name: value for name, value in form.items() if name not in _NOT_KEPT}
    if not onward or not typed:
        return {"next": onward} if onward else {}
    return {"draft": drafts.keep(db, state.keyring, onward, typed, state.clock.now())}


HANDLERS = [letter]
