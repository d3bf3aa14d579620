"""Guards: who may open a door. Openness is said (``anyone``), never forgotten.

To those without the role a staff door does not exist: 404. Whoever ran out of time, or has to prove
again who they are, gets a page for that; nothing they typed is lost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts import stepping_up
from app.accounts.cookies import cookie_name, session_of
from app.accounts.model import Account
from app.accounts.rules.acts import Permissions, UnknownAct
from app.accounts.rules.roles import Role
from app.accounts.stepping_up import Who
from app.core import ready
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import NotFound
from app.core.security import events, sessions
from app.core.security.cross_site import SAFE_METHODS
from app.core.security.sessions import SignedIn
from app.core.web.edge import in_worker
from app.core.web.error_pages import UNLISTED

__all__ = [
    "act_of",
    "anyone",
    "check_acts",
    "cookie_name",
    "look",
    "may",
    "program_act_of",
    "provide_account",
    "provide_signed",
    "signed",
    "signed_in",
    "visitor",
    "who",
]

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
_SESSION, _ACCOUNT = SignedIn.__table__.c, Account.__table__.c


async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Open to all, on purpose."""


async def visitor(connection: Connection, handler: BaseRouteHandler) -> None:
    """Open to all, and looks who it is: :func:`who` tells."""
    await look(connection)


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Any account with a living session; others sign in first."""
    found = await look(connection)
    if found is None:
        await stepping_up.ask_to_sign_in(connection)
    elif found.lapsed:
        await stepping_up.ask(connection, found)


@lru_cache
def may(act: str, *, before_factor: bool = False) -> Guard:
    """Whose role has a row for this act; who is not signed in goes to sign in where it is for everyone, and finds
    nothing where it is for staff. An act that no row has stops the start: see :func:`check_acts`.

    ``before_factor``: open to staff who have yet to set up the second factor that this site requires.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        state, found = connection.app.state, await look(connection)
        if found is None and state.permissions.opens(Role.CITIZEN, act):
            await stepping_up.ask_to_sign_in(connection)
        if found is None or not state.permissions.opens(found.account.role, act):
            if found is not None:
                events.note(f"a door: {act} is not for the role {found.account.role}")
            connection.scope[UNLISTED] = True  # type: ignore[literal-required]
            raise NotFound
        if found.lapsed:
            await stepping_up.ask(connection, found)
        if not before_factor and _lacks_factor(state, found):
            await stepping_up.ask_for_factor(connection, found)
        if state.permissions.needs_fresh(act) and not found.session.is_fresh(state.clock.now()):
            await stepping_up.ask(connection, found)

    guard.act = act  # type: ignore[attr-defined]
    return guard


def act_of(guard: Any) -> str | None:
    """The act that a guard made by :func:`may` names."""
    act: str | None = getattr(guard, "act", None)
    return act


def program_act_of(guard: Any) -> str | None:
    """The act that a guard for programs names, which let in nobody but tokens; see :mod:`app.tokens.guard`."""
    act: str | None = getattr(guard, "program_act", None)
    return act


def check_acts(routes: Iterable[Any], permissions: Permissions) -> None:
    """Raises :class:`UnknownAct` where a door names an act that no row has."""
    handlers = {id(h): h for route in routes for h in getattr(route, "route_handlers", ())}.values()
    for handler in handlers:
        for guard in handler.resolve_guards():
            if (act := act_of(guard)) is not None and act not in permissions:
                raise UnknownAct(f"{handler.name}: no row allows {act}")
            if (act := program_act_of(guard)) is not None and not permissions.scope_of(act):
                raise UnknownAct(f"{handler.name}: no row allows a program {act}")


def _lacks_factor(state: Any, found: Who) -> bool:
    """Whether this site wants more proof of its staff than this session stands on."""
    return state.settings.staff_second_factor == "required" and found.account.is_staff and not found.session.strong


async def look(connection: Connection) -> Who | None:
    """Whose cookie this is; ``account`` and ``session`` are noted for the handler only while the session lives."""
    state, token = connection.app.state, session_of(connection)
    present = _shows_presence(connection)
    found = await in_worker(_find, state.database, state.clock, token, present=present) if token else None
    living = found is not None and not found.lapsed
    connection.scope["account"] = found.account if found is not None and living else None  # type: ignore[typeddict-unknown-key]
    connection.scope["session"] = found.session if found is not None and living else None  # type: ignore[typeddict-unknown-key]
    return found


def _shows_presence(connection: Connection) -> bool:
    """A page that stays open asks by itself; what somebody opens or sends shows that they are there."""
    asks = connection.scope.get("method", "GET") in SAFE_METHODS
    return not asks or connection.headers.get("sec-fetch-mode", "navigate") == "navigate"


def _find(database: Database, clock: Clock, token: str, *, present: bool) -> Who | None:
    now = clock.now()
    with database.glancing() as connection:
        found = ready.rows_on(connection, "whose session", _whose_session, {"token": sessions.digest(token)})
    if not found:
        return None
    session = ready.loaded(SignedIn, _SESSION.keys(), found[0][: len(_SESSION)])
    account = ready.loaded(Account, _ACCOUNT.keys(), found[0][len(_SESSION) :])
    lapsed = session.is_over(now)
    if account.disabled_at is not None or (lapsed and not session.lapsed_lately(now)):
        return None
    if present and not lapsed and now - session.last_seen_at >= sessions.SEEN_EVERY:

        def seen(db: Session) -> None:
            sessions.seen(db, session, now)

        database.retrying(seen)
    return Who(account, session, lapsed=lapsed)


def _whose_session() -> Select[*tuple[Any, ...]]:
    """Every signed-in request asks this first."""
    wanted = select(*_SESSION, *_ACCOUNT).join_from(SignedIn, Account, _ACCOUNT.id == _SESSION.holder_id)
    return wanted.where(_SESSION.id == ready.given("token", _SESSION.id.type))


async def provide_account(request: Request[Any, Any, Any]) -> Account:
    """The ``account`` dependency behind a guard."""
    return signed(request)


def signed(request: Request[Any, Any, Any]) -> Account:
    """Behind a guard that lets in none but those who are signed in: whose session this is."""
    account = who(request)
    if account is None:
        raise NotFound
    return account


def who(request: Request[Any, Any, Any]) -> Account | None:
    """Behind any guard but ``anyone``: whose living session this is, or None."""
    found: Account | None = request.scope.get("account")  # type: ignore[assignment]
    return found


async def provide_signed(request: Request[Any, Any, Any]) -> SignedIn:
    """The ``signed`` dependency behind a guard: the session that this request came with."""
    session: SignedIn | None = request.scope.get("session")  # type: ignore[assignment]
    if session is None:
        raise NotFound
    return session
