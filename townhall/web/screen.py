"""The projector's view, and the picture behind a click: the only page that loads anything from where the hall streams."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.security.headers import policy
from app.core.web.edge import shows
from app.core.web.page import see_other
from app.core.web.qr import qr_code
from townhall.queries import showing
from townhall.queries.pages import state_of
from townhall.rules.lifecycle import HallState, Video
from townhall.web.readable import readable_hall
from townhall.web.words import words_for_script


@shows("/townhalls/{hall_id:int}/screen", name="townhalls.screen")
def screen(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    hall = readable_hall(db, request.path_params["hall_id"])
    if hall.state in (HallState.ENDED, HallState.CANCELLED):
        return see_other(f"/townhalls/{hall.id}")
    away = state.site.dependencies["hall_policy"].host_away_seconds
    shown = state_of(db, hall.id, showing.PUBLIC_LANE, now, away=away)
    base: str = state.settings.base_url
    link = f"{base}/townhalls/{hall.id}/room"
    staged = next((q for q in shown["questions"] if q["id"] == shown.get("stage")), None)
    response: Response[bytes] = state.pages.public(
        "townhalls/screen.html",
        keys=(f"townhall:{hall.id}",),
        fresh_for=10,
        hall=hall,
        here=f"/townhalls/{hall.id}",
        position=shown["position"],
        state=shown,
        staged=staged,
        shown=[q for q in shown["questions"] if q["state"] in ("open", "answered")],
        join_host=urlsplit(base).netloc,
        link=link,
        qr=qr_code(link),
        words=words_for_script(),
    )
    return response


@get("/townhalls/{hall_id:int}/watch", name="townhalls.watch", guards=[anyone], sync_to_thread=True)
def watch(request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]) -> Response[bytes]:
    """The picture, once somebody asked for it; a link out where it is no stream that a page can play."""
    hall = readable_hall(db, hall_id)
    if hall.video_kind == Video.NONE or not hall.video_url:
        raise NotFound
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/watch.html",
        hall=hall,
        here=f"/townhalls/{hall.id}",
        host=urlsplit(hall.video_url).netloc,
    )
    if hall.video_kind == Video.HLS:
        sources = " ".join(sorted({_origin(url) for url in (hall.video_url, hall.sign_video_url) if url}))
        response.headers["content-security-policy"] = f"{policy()}; media-src {sources}"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


HANDLERS = (screen, watch)
