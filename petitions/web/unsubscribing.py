"""Stopping letters: by one click in a mail program (RFC 8058), or by a button on the letter's page."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.limits import Allowance
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.mail.one_click import WISH, StopLinkUnknown, said
from petitions import queries
from petitions.mails import UNSUBSCRIBE
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.service import unsubscribing

#: each asks every petition whether this address signed it
ALL_AT_ONCE = Allowance(10, 60)
_ENDED = (SignatureState.WITHDRAWN, SignatureState.INVALIDATED)


@get("/signatures/unsubscribe/{token:str}", name="petitions.unsubscribe", guards=[anyone], sync_to_thread=True)
def unsubscribe_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    """Says which petition; never acts, because mail scanners open links."""
    return _page(request, db, token, again=request.query_params.get("done") == "again")


@post(
    "/signatures/unsubscribe/{token:str}",
    name="petitions.unsubscribe.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=200,
    writes=True,
    token_is_proof=True,
    dependencies=WISH,
)
def unsubscribe(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    wish: NamedDependency[Sent],
    token: FromPath[str],
) -> Response[Any] | Redirect:
    """No cookie, no origin and no page is needed: the token is the whole proof."""
    state = request.app.state
    signature_id = _signature_id(state, token)
    match wish.get("act"):
        case "again":
            unsubscribing.send_news_again(db, [signature_id])
            return see_other(f"/signatures/unsubscribe/{token}?done=again")
        case "again-all":
            unsubscribing.send_news_again(db, _opened(state.keyring, wish.get("stopped", ""), signature_id))
            return see_other(f"/signatures/unsubscribe/{token}?done=again")
        case "stop-all":
            return _stop_all(request, db, signature_id, token)
        case "one-click":
            unsubscribing.stop_news(db, [signature_id], state.clock.now())
            return said(_("You get no more letters about this petition."))
        case _stop:
            unsubscribing.stop_news(db, [signature_id], state.clock.now())
            return see_other(f"/signatures/unsubscribe/{token}")


def _stop_all(request: Request[Any, Any, Any], db: Session, signature_id: int, token: str) -> Response[bytes]:
    """Answered at once, because what can be undone travels in the answer."""
    state = request.app.state
    client = request.scope.get("client")
    state.limits.spend(ALL_AT_ONCE, client[0] if client else "", "unsubscribe-all")
    living = unsubscribing.signed_with_the_address_of(db, state.keyring, signature_id)
    stopped = unsubscribing.stop_news(db, living or [signature_id], state.clock.now())
    return _page(request, db, token, stopped=_sealed(state.keyring, stopped, signature_id))


def _page(
    request: Request[Any, Any, Any], db: Session, token: str, *, stopped: str = "", again: bool = False
) -> Response[bytes]:
    state = request.app.state
    signature_id = _signature_id(state, token)
    signature, signer = queries.signature(db, signature_id), db.get(Signer, signature_id)
    known = signature is not None and signer is not None and signature.state not in _ENDED
    response: Response[bytes] = state.pages.personal(
        "petitions/unsubscribe.html",
        token=token,
        petition=_shown(db, signature) if signature else None,
        known=known,
        wants_news=signature is not None and signature.notify,
        again=again,
        stopped=stopped,
    )
    return response


def _shown(db: Session, signature: Signature) -> Petition | None:
    """The petition, where its text may be shown."""
    petition = db.get_one(Petition, signature.petition_id)
    return petition if petition.was_published and petition.state != PetitionState.HIDDEN else None


def _signature_id(state: Any, token: str) -> int:
    signature_id: int | None = state.keyring.read_token(UNSUBSCRIBE, token, lasting=True)
    if signature_id is None:
        raise StopLinkUnknown
    return signature_id


def _sealed(keys: Keys, stopped: list[int], signature_id: int) -> str:
    """Which signatures one press stopped, for the undo button: readable here alone, of use to this link alone."""
    newest = sorted(stopped, reverse=True)[: unsubscribing.MOST_UNDONE]
    sealed = keys.seal({"ids": ",".join(map(str, newest))}, bound_to=_bound(signature_id), passing=True)
    return base64.urlsafe_b64encode(sealed).decode()


def _opened(keys: Keys, text: str, signature_id: int) -> list[int]:
    """None where it was not sealed for this link."""
    try:
        facts = keys.unseal(base64.urlsafe_b64decode(text.encode("ascii")), _bound(signature_id), passing=True)
    except (CannotUnseal, UnicodeEncodeError, binascii.Error):
        return []
    return [int(number) for number in facts["ids"].split(",") if number]


def _bound(signature_id: int) -> bytes:
    return b"unsubscribed" + signature_id.to_bytes(8, "big")


HANDLERS = [unsubscribe_form, unsubscribe]
