"""The cookies of an account: its session, its browser, and the moment between password and code."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.connection import ASGIConnection

from app.accounts.service.devices import KNOWN_FOR
from app.accounts.service.signing_in import HALF_WAY, Begun
from app.core.security import sessions
from app.core.security.browsers import label_of
from app.core.security.limits import network_of
from app.core.security.sessions import Browser

Connection = ASGIConnection[Any, Any, Any, Any]


def cookie_name(secure: bool) -> str:
    """``__Host-`` binds the cookie to this host over https; plain http (loopback) cannot have it."""
    return "__Host-townsquare" if secure else "townsquare"


def device_cookie(secure: bool) -> str:
    return f"{cookie_name(secure)}-device"


def half_way_cookie(secure: bool) -> str:
    return f"{cookie_name(secure)}-half-way"


def session_of(connection: Connection) -> str:
    return _cookie(connection, cookie_name)


def device_of(connection: Connection) -> str:
    return _cookie(connection, device_cookie)[:100]


def half_way_of(connection: Connection) -> str:
    return _cookie(connection, half_way_cookie)[:4_000]


def _cookie(connection: Connection, name: Any) -> str:
    return connection.cookies.get(name(connection.app.state.settings.secure), "")


def browser_of(connection: Connection) -> Browser:
    """The browser in words, and its network as a keyed digest."""
    client = connection.client.host if connection.client else ""
    network = connection.app.state.keyring.digest("accounts.network", network_of(client).encode())
    return Browser(label_of(connection.headers.get("user-agent", "")), network)


def give(response: Response[Any], begun: Begun, *, secure: bool) -> None:
    """Signed in. A member's cookie outlives the browser window, staff's does not."""
    lasting = int(begun.lifetime.most.total_seconds()) if begun.lifetime is sessions.CITIZEN else None
    _set(response, cookie_name(secure), begun.token, secure, lasting)
    if begun.device:
        _set(response, device_cookie(secure), begun.device, secure, int(KNOWN_FOR.total_seconds()))


def give_half_way(response: Response[Any], text: str, *, secure: bool) -> None:
    _set(response, half_way_cookie(secure), text, secure, int(HALF_WAY.total_seconds()))


def drop(response: Response[Any], name: str, *, secure: bool) -> None:
    _set(response, name, "", secure, 0)


def _set(response: Response[Any], name: str, value: str, secure: bool, max_age: int | None) -> None:
    """Browsers let nobody delete a ``__Host-`` cookie but by one that is as strict as itself."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="lax")
