"""How handlers and what they may ask for are given to Litestar: once, and cheaply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from typing import Any, TypeVar

from litestar import Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

AHandler = TypeVar("AHandler", HTTPRouteHandler, WebsocketRouteHandler)


class Doors(Router):
    """Every handler of one house, by its path.

    Litestar 2.25 wraps a sync handler twice when another method of its path is registered later, looks through all
    routes for each new one, and an app takes a copy of a router's handlers with everything they know: half the
    work of building a house. These are of nobody else, and every path is registered once.
    """

    def __init__(self, handlers: Iterable[HTTPRouteHandler | WebsocketRouteHandler]) -> None:
        super().__init__("/", route_handlers=[])
        found = defaultdict(list)
        for handler in handlers:
            handler.owner = self
            if isinstance(handler, WebsocketRouteHandler):
                self.routes += [WebSocketRoute(path=path, route_handler=handler) for path in handler.paths]
                continue
            for path in handler.paths:
                found[path].append(handler)
        self.routes += [HTTPRoute(path=path, route_handlers=those) for path, those in found.items()]

    def __deepcopy__(self, _memo: dict[int, Any]) -> Doors:
        return self


class Given(Provide):
    """What every handler may ask for. Litestar compares each with all others again for each of a thousand handlers, a
    fifth of the work of building a house; no two of these are alike."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def own(handler: AHandler) -> AHandler:
    """A copy: registering changes a handler, and a process may build more than one house. What its function asks for is
    read before, once for all of them."""
    _read_once = handler.parsed_fn_signature
    return copy(handler)


def constant(value: Any) -> Given:
    def give() -> Any:
        return value

    return Given(give, sync_to_thread=False, use_cache=True)
