"""What a process makes once in service and the tests of one would make hundreds of times: made once here too.

Each of these depends on nothing but what it is asked for with, so that the second asker gets what the first
one got: the code of a template, the static files, what Litestar reads from a handler's signature, and the
certificates that a client brings along to speak with nobody but this machine.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import httpx._transports.default as transports
import jinja2
from litestar._signature.model import SignatureModel
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.utils.helpers import unwrap_partial
from litestar.utils.signature import ParsedSignature

from app import main
from app.core.security import passwords

#: what a password costs in service; tests about that put it back
REAL_COST = (passwords.ROUNDS, passwords.MEMORY)


def install() -> None:
    """For as long as this process lives."""
    passwords.ROUNDS, passwords.MEMORY = 1, 64  # nobody steals a test's passwords
    main.Assets = cache(main.Assets)  # type: ignore[assignment,misc]
    transports.create_ssl_context = cache(transports.create_ssl_context)
    _keep(jinja2.Environment, "compile", _template)
    _keep(ParsedSignature, "from_fn", _handler)
    _keep(SignatureModel, "create", _handler_with_dependencies)
    BaseRouteHandler._validate_dependency_is_unique = staticmethod(_checked_with_the_first)  # type: ignore[method-assign]
    ParsedSignature.__deepcopy__ = lambda self, _memo: self  # type: ignore[method-assign]  # nobody changes one


_check_dependency = BaseRouteHandler._validate_dependency_is_unique


def _checked_with_the_first(dependencies: dict[str, Provide], key: str, provider: Provide) -> None:
    """All handlers of a house have the same dependencies, and a first one has had each of them looked at."""
    if getattr(provider, "signature_model", None) is None:
        _check_dependency(dependencies, key, provider)


def _keep(owner: type, name: str, key: Callable[..., Hashable]) -> None:
    """What this method answers, by what decides about the answer; nothing is kept where that is None."""
    method, kept = inspect.getattr_static(owner, name), dict[Hashable, Any]()
    make = getattr(method, "__func__", method)

    def ask(self: Any, *args: Any, **kwargs: Any) -> Any:
        what = key(self, *args, **kwargs)
        if what is None:
            return make(self, *args, **kwargs)
        if what not in kept:
            kept[what] = make(self, *args, **kwargs)
        return kept[what]

    setattr(owner, name, classmethod(ask) if isinstance(method, classmethod) else ask)


def _template(environment: jinja2.Environment, source: Any, *named: Any, **more: Any) -> Hashable:
    """Pages and letters are compiled differently; all pages are compiled alike."""
    return type(environment.loader), environment.undefined, environment.autoescape, source, named, tuple(more.items())


def _handler(_owner: type, function: Callable[..., Any], namespace: dict[str, Any]) -> Hashable:
    written = _written(function)
    return written and (written, tuple(namespace))


def _handler_with_dependencies(
    owner: type,
    dependency_name_set: set[str],
    fn: Callable[..., Any],
    parsed_signature: ParsedSignature,
    type_decoders: Any,
    data_dto: Any = None,
) -> Hashable:
    written = _written(fn)
    return written and (owner, frozenset(dependency_name_set), written, id(parsed_signature), data_dto)


def _written(function: Callable[..., Any]) -> Hashable:
    """Where its signature stands in the source: a house wraps each handler for itself."""
    return getattr(inspect.unwrap(unwrap_partial(function)), "__code__", None)
