"""The form to follow something, and the letter's link that confirms it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.erasing import person_of
from app.accounts.guards import anyone, visitor, who
from app.accounts.model import Account
from app.core.errors import NotFound, TooMany
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.limits import Allowance
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.following import queries
from app.following.letters import CONFIRMING, manage_link
from app.following.policy import FollowingPolicy
from app.following.rules.periods import PERIOD_NAMES, Period
from app.following.service import asking, followers
from app.following.service.asking import Wish

#: letters that one network may ask for: a class in a library gets through
LETTERS = Allowance(most=30, an_hour=200)
SENT = "/follow/sent"


class FollowLinkUnknown(NotFound):
    code = "follow-link-unknown"
    title = _("We do not know this link")
    message = _("Nothing was changed. Check that you copied all of it from the letter.")


@get("/follow", name="following.follow", guards=[visitor], sync_to_thread=True)
def follow_form(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    given = dict(request.query_params)
    _wish, title = _read(request, db, given.get("kind", ""), given.get("key", ""), "")
    member = _member(request)
    mine = queries.followers_of(db, request.app.state.keyring, person_of(member)) if member is not None else ()
    period = {"period": mine[0].period} if mine else {}
    return _page(request, Form(values=period | given), title)


@post("/follow", name="following.follow.post", guards=[visitor], sync_to_thread=True, status_code=303, writes=True)
def follow(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    following_policy: NamedDependency[FollowingPolicy],
) -> Response[Any]:
    """A member follows at once. Everybody else gets a letter, and the same answer whatever is known of the address."""
    state, shown = request.app.state, Form(values=form)
    now = state.clock.now()
    wish, title = _read(request, db, form.get("kind", ""), form.get("key", ""), form.get("period", ""))
    if (member := _member(request)) is not None:
        asking.follow(db, state.keyring, following_policy, member, wish, now)
        return see_other("/account?done=follow#follow")
    address = shown.read("email", read_address)
    if address is None:
        return _page(request, shown, title, status=422)
    if (busy := _too_many_letters(request)) is not None:
        return _page(request, shown, title, busy=busy)
    asking.ask(db, state.keyring, following_policy, address, wish, now)
    return see_other(SENT)


@get(SENT, name="following.sent", guards=[anyone], sync_to_thread=True)
def sent(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same page whether the address is new, waits or follows already."""
    response: Response[bytes] = request.app.state.pages.personal("following/sent.html")
    return response


@get("/following/confirm/{token:str}", name="following.confirm", guards=[anyone], sync_to_thread=True)
def confirm_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    following_policy: NamedDependency[FollowingPolicy],
    token: FromPath[str],
) -> Response[bytes]:
    """Mail programs open links by themselves: the button acts, the link does not."""
    state = request.app.state
    follow = asking.opened(db, following_policy, _follow_id(state, token), state.clock.now())
    what = state.site.followable.get(follow.kind)
    titled = what.titled(db, follow.key) if what is not None else None
    follower = followers.by_id(db, follow.follower_id)
    assert follower is not None
    response: Response[bytes] = state.pages.personal(
        "following/confirm.html",
        title=titled.title if titled is not None else "",
        period=PERIOD_NAMES[Period(follow.wish or follower.period)],
        manage=manage_link(state.keyring, "", follower) if follow.confirmed_at else "",
    )
    return response


@post(
    "/following/confirm/{token:str}",
    name="following.confirm.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def confirm(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    following_policy: NamedDependency[FollowingPolicy],
    token: FromPath[str],
) -> Response[Any]:
    state = request.app.state
    follower = asking.confirm(db, following_policy, _follow_id(state, token), state.clock.now())
    return see_other(manage_link(state.keyring, "", follower) + "?done=confirmed")


def _read(request: Request[Any, Any, Any], db: Session, kind: str, key: str, period: str) -> tuple[Wish, str]:
    return asking.read_wish(db, request.app.state.site.followable, kind, key, period)


def _member(request: Request[Any, Any, Any]) -> Account | None:
    """Whoever is signed in with an address that is known to be theirs."""
    account = who(request)
    return account if account is not None and followers.is_proven(account) else None


def _follow_id(state: Any, token: str) -> int:
    found: int | None = state.keyring.read_token(CONFIRMING, token)
    if found is None:
        raise FollowLinkUnknown
    return found


def _too_many_letters(request: Request[Any, Any, Any]) -> TooMany | None:
    """Counts one more letter that this network asks for; how long to wait where it is one too many."""
    client = request.client.host if request.client else ""
    try:
        request.app.state.limits.spend(LETTERS, client, "following.letters")
    except TooMany as wait:
        return wait
    return None


def _page(
    request: Request[Any, Any, Any], form: Form, title: str, *, status: int = 200, busy: TooMany | None = None
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "following/follow.html",
        status=status if busy is None else 429,
        form=form,
        title=title,
        busy=busy,
        member=_member(request),
        periods=list(PERIOD_NAMES.items()),
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [follow_form, follow, sent, confirm_form, confirm]
