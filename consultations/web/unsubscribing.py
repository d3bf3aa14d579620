"""Stopping news of a consultation: by one click in a mail program (RFC 8058), or by a button on the letter's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.mail.one_click import WISH, StopLinkUnknown, said
from consultations.model import Consultation
from consultations.rules.lifecycle import READABLE
from consultations.rules.news import UNSUBSCRIBE
from consultations.service import announcing


@get(
    "/consultations/unsubscribe/{token:str}",
    name="consultations.unsubscribe",
    guards=[anyone],
    sync_to_thread=True,
)
def unsubscribe_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    """Says which consultation; never acts, because mail scanners open links."""
    state, reader = request.app.state, announcing.newsreader(db, _row(request, token))
    consultation = db.get(Consultation, reader.consultation_id) if reader is not None else None
    response: Response[bytes] = state.pages.personal(
        "consultations/publish/unsubscribe.html",
        token=token,
        consultation=consultation if consultation is not None and consultation.state in READABLE else None,
        reader=reader,
    )
    return response


@post(
    "/consultations/unsubscribe/{token:str}",
    name="consultations.unsubscribe.post",
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
) -> Response[Any]:
    """No cookie, no origin and no page is needed: the token is the whole proof."""
    row = _row(request, token)
    announcing.stop_news(db, row, request.app.state.clock.now(), wanted=wish.get("act") == "again")
    if wish.get("act") == "one-click":
        return said(_("You get no more letters about this consultation."))
    return see_other(f"/consultations/unsubscribe/{token}")


def _row(request: Request[Any, Any, Any], token: str) -> int:
    row: int | None = request.app.state.keyring.read_token(UNSUBSCRIBE, token, lasting=True)
    if row is None:
        raise StopLinkUnknown
    return row


HANDLERS = [unsubscribe_form, unsubscribe]
