"""Stopping digests: by one click in a mail program (RFC 8058), or by a button on the letter's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.following.letters import STOPPING
from app.following.service import followers, stopping
from app.mail.one_click import WISH, StopLinkUnknown, said


@get("/following/stop/{token:str}", name="following.stop", guards=[anyone], sync_to_thread=True)
def stop_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    """Never acts, because mail scanners open links."""
    state = request.app.state
    follower = followers.by_id(db, _follower_id(state, token))
    response: Response[bytes] = state.pages.personal(
        "following/stop.html",
        known=follower is not None,
        stopped=follower is not None and follower.stopped_at is not None,
        again=request.query_params.get("done") == "again",
    )
    return response


@post(
    "/following/stop/{token:str}",
    name="following.stop.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=200,
    writes=True,
    token_is_proof=True,
    dependencies=WISH,
)
def stop(
    request: Request[Any, Any, Any], db: NamedDependency[Session], wish: NamedDependency[Sent], token: FromPath[str]
) -> Response[Any] | Redirect:
    """No cookie, no origin and no page is needed: the token is the whole proof."""
    state = request.app.state
    follower_id = _follower_id(state, token)
    if wish.get("act") == "again":
        stopping.go_on(db, follower_id)
        return see_other(f"/following/stop/{token}?done=again")
    stopping.stop_all(db, follower_id, state.clock.now())
    if wish.get("act") == "one-click":
        return said(_("You get no more letters about what you follow."))
    return see_other(f"/following/stop/{token}")


def _follower_id(state: Any, token: str) -> int:
    found: int | None = state.keyring.read_token(STOPPING, token, lasting=True)
    if found is None:
        raise StopLinkUnknown
    return found


HANDLERS = [stop_form, stop]
