"""Taking a signature back, and "this was not me"."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.web.page import see_other
from petitions.mails import NOT_ME, WITHDRAW
from petitions.rules.eligibility import can_take_back
from petitions.service import withdrawing
from petitions.web.letter_links import behind_link


@get("/signatures/withdraw/{token:str}", name="petitions.withdraw", guards=[anyone], sync_to_thread=True)
def withdraw_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    state = request.app.state
    signature, petition = behind_link(state, db, WITHDRAW, token)
    possible = can_take_back(petition.state, petition.closes_at, state.clock.now(), kind=signature.kind)
    return state.pages.personal(
        "petitions/withdraw.html", petition=petition, signature=signature, token=token, possible=possible
    )


@post(
    "/signatures/withdraw/{token:str}",
    name="petitions.withdraw.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Redirect:
    state = request.app.state
    signature, petition = behind_link(state, db, WITHDRAW, token)
    closed_on = state.pages.say_last_day(petition.closes_at) if petition.closes_at else ""
    withdrawing.withdraw(db, signature.id, closed_on=closed_on, now=state.clock.now())
    return see_other(f"/signatures/withdraw/{token}")


@get("/signatures/not-me/{token:str}", name="petitions.not-me", guards=[anyone], sync_to_thread=True)
def not_me_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    state = request.app.state
    signature, petition = behind_link(state, db, NOT_ME, token)
    return state.pages.personal("petitions/not_me.html", petition=petition, signature=signature, token=token)


@post(
    "/signatures/not-me/{token:str}",
    name="petitions.not-me.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def not_me(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Redirect:
    state = request.app.state
    signature, _petition = behind_link(state, db, NOT_ME, token)
    withdrawing.disown(db, signature.id, state.clock.now())
    return see_other(f"/signatures/not-me/{token}")


HANDLERS = [withdraw_form, withdraw, not_me_form, not_me]
