"""Everything that one follower follows, behind the link in each of their letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text.figures import is_whole
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.following import queries
from app.following.letters import MANAGING
from app.following.model import Follower
from app.following.policy import FollowingPolicy
from app.following.rules.periods import PERIOD_NAMES, Period
from app.following.service import asking, followers, stopping
from app.following.service.asking import FollowLinkOver
from app.following.service.gathering import Gathering
from app.following.service.holding import title_of
from app.following.web.asking import FollowLinkUnknown

#: what is listed as new, and how much of it
LATELY, MOST_LATELY = timedelta(days=14), 100


@get("/following/{token:str}", name="following.manage", guards=[anyone], sync_to_thread=True)
def manage(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    gathering: NamedDependency[Gathering],
    token: FromPath[str],
) -> Response[bytes]:
    follower = _follower(request.app.state, db, token)
    return _page(request, db, gathering, follower, done=request.query_params.get("done", ""))


@post(
    "/following/{token:str}",
    name="following.manage.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    following_policy: NamedDependency[FollowingPolicy],
    gathering: NamedDependency[Gathering],
    token: FromPath[str],
) -> Response[Any] | Redirect:
    """The token is the proof of who it is. What can be undone travels in the answer."""
    state = request.app.state
    now, follower = state.clock.now(), _follower(state, db, token)
    here = f"/following/{token}"
    match form.get("act"):
        case "stop":
            stopped = stopping.stop_one(db, follower.id, _number(form.get("follow", "")), now)
            return _page(request, db, gathering, follower, stopped=stopped)
        case "again":
            wish, _title = asking.read_wish(db, state.site.followable, form.get("kind", ""), form.get("key", ""))
            asking.add(db, following_policy, _locked(db, follower), wish, now)
            return see_other(here + "?done=again")
        case "stop-all":
            stopping.stop_all(db, follower.id, now)
            return see_other(here)
        case "go-on":
            stopping.go_on(db, follower.id)
            return see_other(here + "?done=go-on")
        case "daily" | "weekly" as period:
            stopping.change_period(db, follower.id, Period(period))
            return see_other(here + "?done=period")
        case "erase":
            return _erase(request, db, follower, sure=form.get("sure") == "yes")
    raise NotFound


def _erase(request: Request[Any, Any, Any], db: Session, follower: Follower, *, sure: bool) -> Response[bytes]:
    """Asked once more, for it cannot be undone."""
    state = request.app.state
    if sure:
        stopping.forget(db, follower.id, state.clock.now())
    response: Response[bytes] = state.pages.personal("following/erase.html", erased=sure, here=request.url.path)
    return response


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    gathering: Gathering,
    follower: Follower,
    *,
    done: str = "",
    stopped: tuple[str, str] | None = None,
) -> Response[bytes]:
    state = request.app.state
    now, followable = state.clock.now(), state.site.followable
    follows = queries.followed_by(db, follower.id)
    response: Response[bytes] = state.pages.personal(
        "following/manage.html",
        address=_masked(followers.address_of(db, state.keyring, follower) or ""),
        follows=[(follow, *title_of(db, followable, follow)) for follow in follows],
        news=gathering.gather(db, follower.id, now - LATELY, now, MOST_LATELY),
        follower=follower,
        period=PERIOD_NAMES[Period(follower.period)],
        other=Period.WEEKLY if follower.period == Period.DAILY else Period.DAILY,
        stopped=stopped,
        done=done,
        here=request.url.path,
    )
    return response


def _follower(state: Any, db: Session, token: str) -> Follower:
    """Whose page it is; :class:`FollowLinkOver` once they were forgotten."""
    number: int | None = state.keyring.read_token(MANAGING, token)
    if number is None:
        raise FollowLinkUnknown
    found = followers.by_id(db, number)
    if found is None:
        raise FollowLinkOver
    return found


def _locked(db: Session, follower: Follower) -> Follower:
    found = followers.by_id(db, follower.id, lock=True)
    if found is None:
        raise FollowLinkOver
    return found


def _number(text: str) -> int:
    return int(text) if is_whole(text) else 0


def _masked(address: str) -> str:
    """``o…@example.org``: enough for its owner."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else ""


HANDLERS = [manage, change]
