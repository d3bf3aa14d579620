"""Commit at the edge: handler, page bytes, commit, response, in that order.

``provide_db`` is the only generator dependency. A route that says ``writes=True`` gets a writing
session, every other a reading one. An answer of 400 or above rolls back, and so does any
exception; a commit that fails becomes an error page, never a thank-you.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from litestar import Request, Response, get, post
from litestar.concurrency import get_asyncio_executor
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.core.db import Database, abandon, finish
from app.core.errors import NotFound, TooLarge
from app.core.web.packing import pack
from app.core.web.turnstile import Turnstile

#: openness of the hottest routes: said as the guard ``anyone`` says it, without a call for each request
OPEN_TO_ANYONE = {"open_to_anyone": True}
#: no row of either database has this number, and their drivers stumble over it
MOST_ID = 2**63
#: threads of their own of the pages that are asked for most; how many of them work at once is up to the turnstile
READERS = 3
P = ParamSpec("P")
T = TypeVar("T")
AnyHandler = TypeVar("AnyHandler")


@dataclass(slots=True)
class _Answering:
    status: int | None = 500  # None: what the route says


_answering: ContextVar[_Answering | None] = ContextVar("answering", default=None)


def check_address(request: Request[Any, Any, Any]) -> None:
    """Nothing is called by a zero character, and PostgreSQL cannot even look for it. A letter's link is not looked
    for but opened, and its page says what to do about one that is none."""
    if "\0" in request.scope["path"] and "token" not in request.path_params:
        raise NotFound


def check_method(request: Request[Any, Any, Any]) -> None:
    """The framework tells everyone what an address takes. Here that question is a method like others that no address
    takes: it raises what the router raises for those, and the edge knows who may be told."""
    if request.method == "OPTIONS":
        request.app.asgi_router.handle_routing(path=request.scope["path"], method="none")  # type: ignore[arg-type]


async def begin(request: Request[Any, Any, Any]) -> None:
    """Before-request hook: dependencies may be made in tasks of their own, which share this one object."""
    check_method(request)
    check_address(request)
    if any(isinstance(value, int) and not 0 <= value < MOST_ID for value in request.path_params.values()):
        raise NotFound
    _answering.set(_Answering())


async def note_status(response: Response[Any]) -> Response[Any]:
    """After-request hook: what the handler answered decides whether its act is stored."""
    if (unit := _answering.get()) is not None:
        unit.status = getattr(response, "status_code", 500)
    return response


def db_provider(database: Database, closers: Executor) -> Callable[..., AsyncGenerator[Session, None]]:
    """The ``db`` dependency of one deployment.

    Sessions end in threads of their own: whoever holds the gate or a lock must be able to commit
    while every thread of the handlers waits for that very lock.
    """

    async def provide_db(request: Request[Any, Any, Any]) -> AsyncGenerator[Session, None]:
        unit = _answering.get() or _Answering()
        session = database.session(writes=bool(request.route_handler.opt.get("writes")))
        try:
            yield session
        except BaseException:
            await _in(closers, abandon, session)
            raise
        if not session.in_transaction():  # a reading handler's own thread has ended it: see `finishes_in_its_thread`
            session.close()
            return
        status = request.route_handler.status_code if unit.status is None else unit.status
        stores = request.route_handler.opt.get("writes") and status < 400
        await _in(closers, finish if stores else abandon, session)

    return provide_db


def finishes_in_its_thread(handler: AnyHandler, turnstile: Turnstile) -> AnyHandler:
    """A route that works in a thread ends its work there: it packs its page, and gives back what it only read with.

    Going to another thread for that costs every page two changes of thread, each of which waits for
    whoever is busy rendering; the event loop would make everyone wait. Pages that only read pass a turnstile; whoever
    writes does not, because a thread that waits for a lock must keep nobody else out.
    """
    does = getattr(handler, "fn", None)
    if does is None or not isinstance(handler, HTTPRouteHandler) or not handler.sync_to_thread:
        return handler
    given = signature(does).parameters
    ends_reading = "db" in given and not handler.opt.get("writes")
    if not ends_reading and "request" not in given:
        return handler

    @wraps(does)
    def do(*args: Any, **kwargs: Any) -> Any:
        with nullcontext() if handler.opt.get("writes") else turnstile.passed():
            answer = does(*args, **kwargs)
            if ends_reading:
                abandon(kwargs["db"])
            if (request := kwargs.get("request")) is not None:
                pack(request.scope, answer)
        return answer

    handler._fn = do  # type: ignore[attr-defined]
    return handler


async def in_worker(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in the pool that the handlers use, with this request's context."""
    return await _in(get_asyncio_executor(), act, *args, **kwargs)


async def _in(pool: Executor | None, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, partial(copy_context().run, act, *args, **kwargs))


def acts(path: str, *, name: str, answer: Callable[[Request[Any, Any, Any]], Awaitable[ASGIApp]]) -> HTTPRouteHandler:
    """A POST route whose whole work is an act at the intake; open to anyone, and said so.

    Litestar resolves arguments and copies the route for its guards on every request, a tenth of a
    signature's cost. A before-request hook gets the request as it is, and what it answers ends
    the matter; see docs/decisions/0010.
    """

    async def answered_before() -> ASGIApp:
        raise AssertionError("the hook answers every request")

    return post(path, name=name, before_request=answer, opt=OPEN_TO_ANYONE, status_code=303)(answered_before)


def shows(
    path: str, *, name: str, guards: Sequence[Any] = (), at_once: bool = True
) -> Callable[[Callable[[Request[Any, Any, Any], Session], Response[bytes]]], HTTPRouteHandler]:
    """A GET route whose page is read from one snapshot, rendered and packed in one go in one thread; open to anyone
    where it has no guards. Not ``at_once``: its statements need not agree with each other to the millisecond, and
    PostgreSQL is spared the beginning and the end of a transaction.

    For the pages that are asked for most: the framework's arguments, dependencies and header
    objects cost as much again as the page; see docs/decisions/0010. They have a few threads of their
    own: of many that want the interpreter some wait far longer than others, while few are served in turn.
    """

    def route(page: Callable[[Request[Any, Any, Any], Session], Response[bytes]]) -> HTTPRouteHandler:
        @wraps(page)
        async def answer(request: Request[Any, Any, Any]) -> ASGIApp:
            check_address(request)
            house = request.app.state.house
            return await _in(house.readers, _shown, page, request, at_once, house.turnstile)

        def answered_before() -> ASGIApp:
            raise AssertionError("the hook answers every request")

        how: dict[str, Any] = {"guards": list(guards)} if guards else {"opt": OPEN_TO_ANYONE}
        return get(path, name=name, before_request=answer, sync_to_thread=True, **how)(answered_before)

    return route


def _shown(
    page: Callable[[Request[Any, Any, Any], Session], Response[bytes]],
    request: Request[Any, Any, Any],
    at_once: bool,
    turnstile: Turnstile,
) -> ASGIApp:
    database: Database = request.app.state.database
    with turnstile.passed():
        with database.reading() if at_once else database.looking() as db:
            response = page(request, db)
        pack(request.scope, response)
    return Ready(response)


class Ready:
    """An answer that needs nothing more of the framework: its two messages, as they are sent."""

    def __init__(self, response: Response[bytes]) -> None:
        if response.cookies:
            raise ValueError("a page that is the same for everyone gives nobody a cookie")
        self.status_code = response.status_code or 200
        body, kind = response.content, str(response.media_type or "text/plain")
        #: the framework would have said where a redirect leads only when it sent it
        on = [(b"location", response.url.encode())] if isinstance(response, Redirect) else []
        headers = [
            *on,
            (b"content-type", (f"{kind}; charset=utf-8" if kind.startswith("text/") else kind).encode()),
            (b"content-length", str(len(body)).encode()),
            *((key.lower().encode(), value.encode("latin-1")) for key, value in response.headers.items()),
        ]
        self._start = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        self._body = {"type": "http.response.body", "body": body}

    def to_asgi_response(self, **_how: Any) -> Ready:
        """Asked for by the framework on routes that say they answer with a Response."""
        return self

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send(self._start)
        await send(self._body)


async def read_body(request: Request[Any, Any, Any], most: int) -> bytes:
    """The request's body; raises :class:`TooLarge` past ``most`` bytes."""
    receive: Callable[[], Awaitable[Any]] = request.receive
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
    if len(body) > most:
        raise TooLarge
    return body


class Answered(Exception):
    """A guard answers in the handler's place: not a refusal, a page on the way to it."""

    def __init__(self, response: Response[Any]) -> None:
        self.response = response
        super().__init__(f"answered {response.status_code}")


def answered(_request: Request[Any, Any, Any], answer: Answered) -> Response[Any]:
    """The exception handler that sends it."""
    return answer.response


class ClientDisconnect(Exception):
    """Whoever sent the form has gone; nobody reads an answer."""
