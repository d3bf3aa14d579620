"""The cookie by which halls know a browser again: one random secret, of which each hall stores a digest of its own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.connection import ASGIConnection

from townhall import identity

Connection = ASGIConnection[Any, Any, Any, Any]

#: browsers keep no cookie longer than 400 days; each ticket that is given begins it anew
KNOWN_FOR = timedelta(days=365)
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def cookie_name(secure: bool) -> str:
    """``__Host-`` binds the cookie to this host over https; plain http (loopback) cannot have it."""
    return "__Host-townsquare-hall" if secure else "townsquare-hall"


def secret_of(connection: Connection) -> str:
    """The browser's secret; empty where it has none, or none of ours."""
    found = connection.cookies.get(cookie_name(connection.app.state.settings.secure), "")
    return found if _SECRET.fullmatch(found) else ""


def ticket_of(connection: Connection, hall_id: int) -> bytes | None:
    """What stands for this browser in this hall: 16 bytes, or None where it has no cookie."""
    secret = secret_of(connection)
    return identity.ticket(secret, hall_id, connection.app.state.keyring) if secret else None


def begin(connection: Connection, hall_id: int) -> tuple[str, bytes]:
    """The browser's secret, a new one where it has none, and what stands for it in this hall; :func:`give` it back."""
    secret = secret_of(connection) or identity.new_secret()
    return secret, identity.ticket(secret, hall_id, connection.app.state.keyring)


def give(response: Response[Any], secret: str, *, secure: bool) -> None:
    """Have the browser keep it. Never on a page that is cached."""
    lasting = int(KNOWN_FOR.total_seconds())
    response.set_cookie(
        cookie_name(secure), secret, max_age=lasting, path="/", secure=secure, httponly=True, samesite="lax"
    )
