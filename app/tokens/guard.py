"""The door for programs: a token and nothing else. Cookies do not count, and where a request comes from neither."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from litestar import Request
from litestar.handlers.base import BaseRouteHandler

from app.accounts.guards import Connection, Guard
from app.core.errors import TooMany
from app.core.security import events
from app.core.security.limits import Left
from app.core.web.edge import in_worker
from app.core.web.shell import MORE_HEADERS
from app.tokens.policy import TokensPolicy
from app.tokens.rules.refusals import NoToken, ScopeMissing
from app.tokens.service.using import Program, look

_HERE = "program"


@lru_cache
def by_program(act: str) -> Guard:
    """Programs whose token has the scope that the act's row asks for; see :class:`app.accounts.rules.acts.Allowed`."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        state, program = connection.app.state, await _enter(connection)
        if not state.permissions.program_may(program.scopes, act):
            events.note(f"a token: {act} is not in its scopes")
            raise ScopeMissing(scope=state.permissions.scope_of(act))
        connection.scope[_HERE] = program  # type: ignore[literal-required]

    guard.program_act = act  # type: ignore[attr-defined]
    return guard


def program_of(request: Request[Any, Any, Any]) -> Program:
    """Behind a guard for programs: whose call this is."""
    program: Program = request.scope[_HERE]  # type: ignore[literal-required]
    return program


def check_scope(request: Request[Any, Any, Any], act: str) -> None:
    """For a call that does a second act besides its door's; raises :class:`ScopeMissing`."""
    permissions = request.app.state.permissions
    if not permissions.program_may(program_of(request).scopes, act):
        raise ScopeMissing(scope=permissions.scope_of(act))


async def _enter(connection: Connection) -> Program:
    """Whose token it is. One network may show only so many that are none; those of others behind it still work."""
    state = connection.app.state
    policy: TokensPolicy = state.site.dependencies["tokens_policy"]
    try:
        program = await in_worker(look, state.database, _shown(connection), state.clock.now())
    except NoToken as refused:
        events.note(f"a token: {refused.code}")
        if refused.challenge:
            state.limits.spend(policy.wrong, connection.client.host if connection.client else "", "wrong token")
        raise
    _spend(connection, policy, program)
    return program


def _shown(connection: Connection) -> str:
    """The token as it was sent; raises :class:`NoToken`."""
    kind, _space, text = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise NoToken
    return text.strip()


def _spend(connection: Connection, policy: TokensPolicy, program: Program) -> None:
    """Count the call, and say with any answer how many are left."""
    limits, what = connection.app.state.limits, ("token", str(program.id))
    try:
        limits.spend(policy.calls, "", *what)
    except TooMany as refused:
        _say(connection, Left(policy.calls, 0, refused.retry_after))
        raise
    if (left := limits.left(policy.calls, "", *what)) is not None:
        _say(connection, left)


def _say(connection: Connection, left: Left) -> None:
    """The IETF's fields for limits: what holds, and what is left of it."""
    held = left.allowance
    policy = f'"calls";q={held.most};w={held.seconds}, "hour";q={held.an_hour};w=3600'
    connection.scope[MORE_HEADERS] += [  # type: ignore[literal-required]
        (b"ratelimit-policy", policy.encode()),
        (b"ratelimit", f'"calls";r={left.acts};t={left.seconds}'.encode()),
    ]
