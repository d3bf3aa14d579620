"""The outermost ASGI layer: what holds for every answer, before any routing.

Adds the security headers and a reference to each answer (404 and 500 included), refuses requests
that another site made a browser send, serves the static files, and hands the rest to the page
cache and the router behind it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from app.core.errors import Forbidden
from app.core.i18n import _
from app.core.security import events
from app.core.security.cross_site import SAFE_METHODS, Standing, shows_token, standing
from app.core.security.headers import security_headers
from app.core.settings import Settings
from app.core.web import packing
from app.core.web.assets import Assets, StaticFile
from app.core.web.error_pages import ErrorPages, Fault, problem, wants_problem

log = logging.getLogger("townsquare.shell")
Send = Callable[[dict[str, Any]], Awaitable[None]]
#: in a request's scope: what is said with its answer whatever that is, such as how much of a limit is left
MORE_HEADERS = "townsquare_more_headers"


class FromAnotherSite(Forbidden):
    """Decision 15: the browser says that another site sent this."""

    code = "cross-site"
    title = _("That request came from another site")
    message = _("Nothing was changed. Open the page here and send the form from it.")


class Shell:
    """Wraps the whole site."""

    def __init__(
        self, inner: Any, settings: Settings, assets: Assets, errors: ErrorPages, by_token: tuple[str, ...] = ()
    ) -> None:
        """``by_token``: see :func:`proven_by_token`."""
        self.inner, self.assets, self.errors, self.by_token = inner, assets, errors, by_token
        self.headers = security_headers(secure=settings.secure)
        self.names = frozenset(name for name, _value in self.headers)
        self.origins = _origins(settings)

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith("/static/"):
            await self._static(path, scope, send)
            return
        scope["request_id"] = reference = _reference()
        scope[packing.MAY_PACK] = packing.wants_packed(scope["headers"])
        if scope["method"] in SAFE_METHODS:
            if shows_token(scope["headers"]):
                scope["headers"] = [h for h in scope["headers"] if h[0] != b"cookie"]
        else:
            match standing(scope["headers"], self.origins):
                case Standing.FOREIGN if not path.startswith(self.by_token):
                    events.note("a form: sent by another site")
                    await self._refuse(scope, FromAnotherSite(), reference, send)
                    return
                case Standing.COOKIELESS | Standing.FOREIGN:
                    scope["headers"] = [h for h in scope["headers"] if h[0] != b"cookie"]
                    scope["cookieless"] = True
        await self._guarded(scope, receive, send, reference)

    async def _socket(self, scope: Any, receive: Any, send: Send) -> None:
        """A browser's handshake says where it comes from; one from elsewhere ends before it begins.

        A program says nothing, and is nobody: its cookies are not looked at.
        """
        match standing(scope["headers"], self.origins):
            case Standing.FOREIGN:
                events.note("a socket: opened by another site")
                await receive()
                await send({"type": "websocket.close", "code": 4403})
                return
            case Standing.COOKIELESS:
                scope["headers"] = [h for h in scope["headers"] if h[0] != b"cookie"]
                scope["cookieless"] = True
        await self.inner(scope, receive, send)

    async def _guarded(self, scope: Any, receive: Any, send: Send, reference: str) -> None:
        started = False
        more: list[tuple[bytes, bytes]] = []
        scope[MORE_HEADERS] = more
        out = _Out(send, self.headers, self.names, reference, more, wants_packed=scope[packing.MAY_PACK])

        async def outward(message: dict[str, Any]) -> None:
            nonlocal started
            started = True
            await out(message)

        try:
            await self.inner(scope, receive, outward)
        except Exception as fault:  # the last net: nothing leaves without a page
            if started:
                raise
            log.exception("fault %s outside the router", reference, exc_info=fault)
            await self._refuse(scope, Fault(), reference, send)

    async def _refuse(self, scope: Any, refusal: Any, reference: str, send: Send) -> None:
        if wants_problem(scope):
            kind, body = b"application/problem+json", problem(refusal, reference)
        else:
            kind, body = b"text/html; charset=utf-8", self.errors.page(refusal, reference)
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        headers += [(b"x-request-id", reference.encode()), *self.headers]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _static(self, path: str, scope: Any, send: Send) -> None:
        found = self.assets.find(path) if scope["method"] in ("GET", "HEAD") else None
        if found is None:
            body, status, headers = b"not found", 404, [(b"content-type", b"text/plain; charset=utf-8")]
        else:
            status, body, headers = _file_answer(found, scope["headers"])
        headers += [(b"content-length", str(len(body)).encode()), *self.headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def proven_by_token(routes: Iterable[Any]) -> tuple[str, ...]:
    """How the paths begin of routes marked ``token_is_proof=True``: the link alone says who may.

    A mail provider that stops letters for its reader (RFC 8058) may say whatever it likes of where it comes from.
    """
    handlers = [(route.path, h) for route in routes for h in getattr(route, "route_handlers", ())]
    return tuple(sorted({path.partition("{")[0] for path, h in handlers if h.opt.get("token_is_proof")}))


def _file_answer(
    found: StaticFile, asked: Iterable[tuple[bytes, bytes]]
) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    wishes = dict(asked)
    zips = found.zipped is not None and b"gzip" in wishes.get(b"accept-encoding", b"")
    tag = (found.zipped_etag if zips else found.etag).encode()
    headers = [
        (b"content-type", found.content_type.encode()),
        (b"cache-control", found.cache_control.encode()),
        (b"etag", tag),
        (b"vary", b"accept-encoding"),
    ]
    if tag in wishes.get(b"if-none-match", b""):
        return 304, b"", headers
    if zips:
        headers.append((b"content-encoding", b"gzip"))
    return 200, (found.zipped or b"") if zips else found.body, headers


class _Out:
    """Adds our headers to the first message; packs larger pages that nobody did before."""

    def __init__(
        self,
        send: Send,
        headers: list[tuple[bytes, bytes]],
        names: frozenset[bytes],
        reference: str,
        more: list[tuple[bytes, bytes]],
        *,
        wants_packed: bool,
    ) -> None:
        self._send, self._headers, self._names = send, headers, names
        self._reference, self._more, self._wants_packed = reference.encode(), more, wants_packed
        self._held: dict[str, Any] | None = None

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            inner: list[tuple[bytes, bytes]] = list(message["headers"])
            names = {name.lower() for name, _value in inner}
            if names.isdisjoint(self._names):
                inner += self._headers
            else:
                spoken = names | (_OF_FRAMES if _says_who_frames(inner) else frozenset())
                inner += [h for h in self._headers if h[0] not in spoken]
            inner.append((b"x-request-id", self._reference))
            inner += self._more
            message = {"type": "http.response.start", "status": message["status"], "headers": inner}
            if self._wants_packed and _may_pack(message["status"], inner, names):
                self._held = message
                return
        elif self._held is not None:
            held, self._held = self._held, None
            if not message.get("more_body"):
                held, message = _packed(held, message)
            await self._send(held)
        await self._send(message)


#: an older header for what a policy says better; it knows only "nobody" and "ourselves"
_OF_FRAMES = frozenset({b"x-frame-options"})


def _says_who_frames(headers: list[tuple[bytes, bytes]]) -> bool:
    """A policy of the answer's own lets somebody put it into a frame; every other page may be in none."""
    policy = next((v for k, v in headers if k.lower() == b"content-security-policy"), b"")
    return b"frame-ancestors" in policy and b"frame-ancestors 'none'" not in policy


def _may_pack(status: int, headers: list[tuple[bytes, bytes]], names: set[bytes]) -> bool:
    if b"content-encoding" in names or b"etag" in names:
        return False
    kind = next((v for k, v in headers if k.lower() == b"content-type"), b"")
    return packing.is_packable(status, kind.decode("latin-1"))


def _packed(start: dict[str, Any], message: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    body = message.get("body", b"")
    if len(body) < packing.LEAST:
        return start, message
    packed = packing.packed(body)
    headers = [h for h in start["headers"] if h[0].lower() != b"content-length"]
    headers += [
        (b"content-length", str(len(packed)).encode()),
        (b"content-encoding", b"gzip"),
        (b"vary", b"accept-encoding"),
    ]
    return {**start, "headers": headers}, {**message, "body": packed}


def _reference() -> str:
    """What ties an error page to the log; no secret, so it need not wait for the system's randomness."""
    return f"{random.getrandbits(48):012x}"


def _origins(settings: Settings) -> frozenset[bytes]:
    """Ours; on a developer's machine both names of loopback are ours."""
    ours = {settings.origin}
    parts = urlsplit(settings.origin)
    if settings.mode != "production" and parts.hostname in ("127.0.0.1", "localhost"):
        port = f":{parts.port}" if parts.port else ""
        ours |= {f"{parts.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost")}
    return frozenset(o.encode() for o in ours)
