"""Stopping digests: by one click in a mail program (RFC 8058), or by a button on the letter's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.web.forms import NotAForm, Sent, read_form
from app.core.web.page import see_other
from app.following.letters import STOPPING
from app.following.service import followers, stopping


class StopLinkUnknown(NotFound):
    code = "follow-stop-unknown"
    title = _("We do not know this link")
    message = _("Nothing was changed. Check that you copied all of it from the letter. If letters go on, write to us.")
    way_on = ("/contact", _("Contact us"))


async def read_wish(request: Request[Any, Any, Any]) -> Sent:
    """``act`` of the page's buttons, else ``one-click`` or nothing; whatever the body is, it is no fault.

    Mail programs may send their word as a form of either kind, and say of it what they like.
    """
    body = await request.body()
    try:
        sent = read_form(body)
    except NotAForm:
        sent = Sent([])
    if "act" not in sent and b"one-click" in body.lower():
        return Sent([("act", "one-click")])
    return sent


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
    dependencies={"wish": Provide(read_wish)},
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
        said = str(_("You get no more letters about what you follow."))
        return Response(said + "\n", media_type="text/plain", headers={"cache-control": "no-store"})
    return see_other(f"/following/stop/{token}")


def _follower_id(state: Any, token: str) -> int:
    found: int | None = state.keyring.read_token(STOPPING, token, lasting=True)
    if found is None:
        raise StopLinkUnknown
    return found


HANDLERS = [stop_form, stop]
