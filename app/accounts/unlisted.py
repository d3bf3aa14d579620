"""Addresses of staff are unknown to everybody else, whatever method is tried: what an address takes is told only to
those whom one of its doors lets in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.utils import normalize_path

from app.accounts.guards import act_of, look
from app.accounts.rules.acts import Permissions
from app.accounts.rules.roles import Role
from app.core.web.error_pages import UNLISTED


async def note_unlisted(error: Exception, scope: Any) -> None:
    """After-exception hook: a wrong method at an address that whoever asks does not know is marked as such."""
    if not isinstance(error, MethodNotAllowedException) or scope["type"] != "http":
        return
    app = scope["litestar_app"]
    try:
        acts = staff_acts(_doors(app, scope["path"], error), app.state.permissions)
    except NotFoundException:  # a word where a number should be: nobody finds anything there
        scope[UNLISTED] = True
        return
    if acts and not await _lets_in(ASGIConnection(scope), acts):
        scope[UNLISTED] = True


def staff_acts(doors: Iterable[BaseRouteHandler], permissions: Permissions) -> frozenset[str]:
    """What the doors of one address are for; nothing where one of them is for more people than staff."""
    acts: set[str] = set()
    for door in doors:
        named = {act for guard in door.resolve_guards() if (act := act_of(guard))}
        if not named or any(permissions.opens(Role.CITIZEN, act) for act in named):
            return frozenset()
        acts |= named
    return frozenset(acts)


def _doors(app: Any, path: str, error: MethodNotAllowedException) -> list[BaseRouteHandler]:
    methods = {*(error.headers or {}).get("allow", "").split(", ")} - {"OPTIONS"}  # that one is the framework's
    return [app.asgi_router.handle_routing(path=normalize_path(path), method=method)[1] for method in methods]


async def _lets_in(connection: ASGIConnection[Any, Any, Any, Any], acts: frozenset[str]) -> bool:
    found = await look(connection)
    permissions: Permissions = connection.app.state.permissions
    return found is not None and any(permissions.opens(found.account.role, act) for act in acts)
