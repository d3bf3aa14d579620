"""Guards: who may open a door. Openness is said (``anyone``), never forgotten.

To those without the role a staff door does not exist: 404.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Power
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import NotFound
from app.core.security import sessions
from app.core.web.edge import in_worker

Connection = ASGIConnection[Any, Any, Any, Any]


def cookie_name(secure: bool) -> str:
    """``__Host-`` binds the cookie to this host over https; plain http (loopback) cannot have it."""
    return "__Host-townsquare" if secure else "townsquare"


async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Open to all, on purpose."""


async def moderators(connection: Connection, handler: BaseRouteHandler) -> None:
    """May judge content."""
    await _require(connection, Power.JUDGE)


async def department_officers(connection: Connection, handler: BaseRouteHandler) -> None:
    """May answer for a department."""
    await _require(connection, Power.ANSWER)


async def administrators(connection: Connection, handler: BaseRouteHandler) -> None:
    """May change what must change."""
    await _require(connection, Power.ADMINISTER)


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Any account with a living session."""
    if await _account(connection) is None:
        raise NotFound


async def _require(connection: Connection, power: Power) -> None:
    account = await _account(connection)
    if account is None or not account.may(power):
        raise NotFound


async def _account(connection: Connection) -> Account | None:
    state = connection.app.state
    token = connection.cookies.get(cookie_name(state.settings.secure), "")
    account = await in_worker(_find, state.database, state.clock, token) if token else None
    connection.scope["account"] = account  # type: ignore[typeddict-unknown-key]
    return account


def _find(database: Database, clock: Clock, token: str) -> Account | None:
    now = clock.now()
    with database.reading() as db:
        session = sessions.find(db, token, now)
        account = db.get(Account, session.holder_id) if session else None
    if session is None or account is None or account.disabled_at is not None:
        return None
    if now - session.last_seen_at >= sessions.SEEN_EVERY:
        _note(database, session, now)
    return account


def _note(database: Database, session: sessions.SignedIn, now: datetime) -> None:
    def seen(db: Session) -> None:
        sessions.seen(db, session, now)

    database.retrying(seen)


async def provide_account(request: Request[Any, Any, Any]) -> Account:
    """The ``account`` dependency behind a guard."""
    account: Account | None = request.scope.get("account")  # type: ignore[assignment]
    if account is None:
        raise NotFound
    return account
