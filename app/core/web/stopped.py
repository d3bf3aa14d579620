"""Forms that come while an administrator has stopped what they ask for: refused, with every field kept.

Read-only is enforced here, in front of the router, so that no route can forget it. What is stopped
for some routes alone says so itself: ``stops_with=Switch.COMMENTS`` on the route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Request, Response

from app.core.errors import Refusal, TooLarge
from app.core.security.cross_site import SAFE_METHODS
from app.core.switches import Switch, SwitchedOff, Switches
from app.core.web import edge
from app.core.web.edge import in_worker
from app.core.web.error_pages import PROBLEM, ErrorPages, problem, wants_problem
from app.core.web.forms import NotAForm, read_form
from app.core.web.multipart import fields_of, is_multipart
from app.core.web.page import HTML

#: what goes on while the site is read-only: whoever may end that must be able to sign in, confirm it and do it
GOES_ON = ("/admin", "/sign-in", "/sign-out", "/confirm-it-is-you")
#: never shown, never sent back
SECRET_FIELDS = frozenset({"password", "again", "current", "code", "new_password"})
FORM_TYPE = b"application/x-www-form-urlencoded"
#: shorter ones are quickly typed again, and a form's button sends them anyway
LEAST_TO_SHOW = 40

App = Callable[[Any, Any, Any], Awaitable[None]]


class ReadOnlyDoor:
    """ASGI middleware in front of everything that could change something."""

    def __init__(self, inner: App, switches: Switches, errors: ErrorPages, *, most: int, a_file: int) -> None:
        """``most``: bytes of a form that are read to be given back; ``a_file``: of a file, which are thrown away."""
        self.inner, self.switches, self.errors, self.most, self.a_file = inner, switches, errors, most, a_file

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not goes_on(scope["path"]):
            refusal = self.switches.refusal(Switch.READ_ONLY)
            if refusal is not None:
                await self._refuse(refusal, scope, receive, send)
                return
        await self.inner(scope, receive, send)

    async def _refuse(self, refusal: SwitchedOff, scope: Any, receive: Any, send: Any) -> None:
        typed = await _typed(scope, receive, self.most, self.a_file)
        kind, page = await in_worker(answer, self.errors, refusal, scope, typed)
        headers = [
            (b"content-type", f"{kind}; charset=utf-8".encode() if kind == HTML else kind.encode()),
            (b"content-length", str(len(page)).encode()),
            (b"cache-control", b"no-store"),
            (b"retry-after", str(refusal.retry_after).encode()),
        ]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": page})


def goes_on(path: str) -> bool:
    """Whether a form to this path is taken while the site is read-only."""
    return any(path == start or path.startswith(f"{start}/") for start in GOES_ON)


async def begin(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """Before-request hook of every route, and what it answers at once where it is stopped."""
    await edge.begin(request)
    return await _stopped(request)


async def _stopped(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """What a route answers whose ``stops_with`` is switched on; None where it goes on."""
    switch = request.route_handler.opt.get("stops_with")
    refusal = request.app.state.switches.refusal(switch) if switch else None
    if refusal is None:
        return None
    settings = request.app.state.settings
    typed = await _typed(request.scope, request.receive, settings.form_max_bytes, settings.files_most_bytes)
    kind, page = await in_worker(answer, request.app.state.house.errors, refusal, request.scope, typed)
    headers = {"cache-control": "no-store", **refusal.headers}
    return Response(page, status_code=refusal.status, media_type=kind, headers=headers)


def answer(
    errors: ErrorPages, refusal: Refusal, scope: Any, typed: Sequence[tuple[str, str]], *, without_file: bool = False
) -> tuple[str, bytes]:
    """Media type and bytes: a problem for programs, else a page that holds what was typed."""
    reference = str(scope.get("request_id", ""))
    if wants_problem(scope):
        return PROBLEM, problem(refusal, reference)
    kept = without_secrets(typed)
    return HTML, errors.held(refusal, reference, _address(scope), kept, without_file=without_file)


def without_secrets(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name not in SECRET_FIELDS and "password" not in name]


async def _typed(scope: Any, receive: Any, most: int, a_file: int) -> list[tuple[str, str]]:
    """Names and values as they were sent. Files are not: they have to be chosen again."""
    try:
        if is_multipart(scope["headers"]):
            return (await fields_of(scope, receive, text=most, a_file=a_file)).pairs
        return read_form(await _read(receive, most) if _is_form(scope) else b"").pairs
    except (NotAForm, TooLarge, edge.ClientDisconnect):
        return []


def _address(scope: Any) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
    return f"{path}?{query}" if query else path


def _is_form(scope: Any) -> bool:
    return any(name == b"content-type" and value.lower().startswith(FORM_TYPE) for name, value in scope["headers"])


async def _read(receive: Any, most: int) -> bytes:
    """The body, or nothing where it is longer than a form may be."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = bool(message.get("more_body"))
        if message["type"] == "http.disconnect" or len(body) > most:
            return b""
    return body
