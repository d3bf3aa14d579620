"""One renderer for every refusal and fault: a calm page, or problem+json for programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.utils.scope.state import ScopeState
from sqlalchemy import exc

from app.core.db import is_collision, is_outage
from app.core.errors import Conflict, FieldError, Invalid, NotFound, Refusal, TooLarge, Unavailable
from app.core.i18n import _
from app.core.web.bodies import faults_of
from app.core.web.edge import ClientDisconnect
from app.core.web.page import HTML, Pages

log = logging.getLogger("townsquare.errors")
PROBLEM = "application/problem+json"
#: in a request's scope: whoever sent it is not to know that there is such an address; see :mod:`app.accounts.unlisted`
UNLISTED = "townsquare_unlisted"
_MARKS = {name: f"\u27e6{name}\u27e7" for name in ("title", "message", "next_href", "next_text", "reference")}


class WrongMethod(Refusal):
    """``allow`` names the methods that the address knows."""

    status = 405
    code = "method-not-allowed"
    title = _("That cannot be done at this address")
    message = _("Nothing was changed.")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"allow": self.values["allow"]}


class Fault(Refusal):
    """Something broke on our side."""

    status = 500
    code = "fault"
    title = _("Sorry, there is a problem with the service")
    message = _("What you sent was not stored. Try again in a few minutes.")


class ErrorPages:
    """The layout is rendered once, and again when a notice changes; each error only fills its words in."""

    def __init__(self, pages: Pages, notices: Callable[[], tuple[str, ...]] = tuple) -> None:
        self._pages, self._notices, self._said = pages, notices, notices()
        self._loudness = _loudness(self._said)
        self._layout = self._render(self._said)
        self._base_url = pages.settings.base_url

    def _render(self, said: tuple[str, ...]) -> str:
        return self._pages.text("errors/page.html", notices=lambda: said, **_MARKS)

    def handlers(self) -> dict[Any, Any]:
        """Litestar's exception handlers, most general last."""
        return {Refusal: self.refused, HTTPException: self.refused, Exception: self.refused}

    def refused(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        refusal = self.as_refusal(request, error)
        if isinstance(refusal, WrongMethod) and request.method == "OPTIONS":
            return Response(b"", status_code=204, headers=refusal.headers)
        reference = str(request.scope.get("request_id", ""))
        if isinstance(refusal, Fault):
            log.error("fault %s at %s", reference, where(request.scope), exc_info=error)
        headers = {"cache-control": "no-store", **refusal.headers}
        if wants_problem(request.scope):
            body = problem(refusal, reference)
            return Response(body, status_code=refusal.status, media_type=PROBLEM, headers=headers)
        return Response(self.page(refusal, reference), status_code=refusal.status, media_type=HTML, headers=headers)

    def as_refusal(self, request: Request[Any, Any, Any], error: Exception) -> Refusal:
        """What happened, as one of our families."""
        if isinstance(error, Refusal):
            return error
        if isinstance(error, ValidationException):
            return Invalid(_field_errors(request, error)) if wants_problem(request.scope) else NotFound()
        if isinstance(error, ClientDisconnect):
            return Refusal()  # nobody reads it, and it is no fault
        if (
            isinstance(error, RecursionError | UnicodeDecodeError)
            and request.route_handler.parsed_data_field is not None
        ):
            return Refusal()  # brackets in brackets without end, or what is not UTF-8 within a string
        if isinstance(error, NotFoundException):
            return NotFound()
        if isinstance(error, HTTPException) and error.status_code == TooLarge.status:
            return TooLarge()
        if isinstance(error, MethodNotAllowedException):
            return NotFound() if UNLISTED in request.scope else WrongMethod(allow=_allowed(error))
        if isinstance(error, exc.SQLAlchemyError) and (is_outage(error) or is_collision(error)):
            log.warning("database out of reach: %s", type(error).__name__)
            return Unavailable(retry_after=10)
        if isinstance(error, exc.IntegrityError):  # two did the same at the same moment, and this one came second
            log.warning("a constraint stopped an act at %s", where(request.scope))
            return Conflict()
        if isinstance(error, HTTPException) and error.status_code < 500:
            return _Other(error.status_code)
        return Fault()

    def page(self, refusal: Refusal, reference: str) -> bytes:
        href, words = refusal.link
        given = {
            "title": refusal.heading,
            "message": refusal.sentence,
            "next_href": href,
            "next_text": words,
            "reference": reference,
        }
        said = self._notices()
        if said != self._said or _loudness(said) != self._loudness:
            self._layout, self._said, self._loudness = self._render(said), said, _loudness(said)
        text = self._layout
        for name, value in given.items():
            text = text.replace(_MARKS[name], escape(str(value)))
        return text.encode()

    def held(
        self,
        refusal: Refusal,
        reference: str,
        address: str,
        typed: Sequence[tuple[str, str]],
        *,
        without_file: bool = False,
    ) -> bytes:
        """A refusal with what was typed, to be copied or to be sent again to ``address`` by a button; ``without_file``:
        it was the file that could not be taken."""
        given = {"reference": reference, "address": address, "typed": typed, "without_file": without_file}
        return self._pages.text("errors/held.html", refusal=refusal, **given).encode()


def _loudness(said: tuple[str, ...]) -> list[str]:
    return [getattr(words, "level", "") for words in said]


def _allowed(error: MethodNotAllowedException) -> str:
    """What the address takes; every one takes the question what that is."""
    return ", ".join(sorted({*(error.headers or {}).get("allow", "").split(", "), "OPTIONS"}))


class _Other(Refusal):
    """A client error that the framework found."""

    def __init__(self, status: int) -> None:
        self.status = status  # type: ignore[misc]
        super().__init__()


def where(scope: Any) -> str:
    """An address for the log, without what letters' links hold."""
    parts = scope["path"].split("/")
    return f"{scope.get('method', '')} " + "/".join("…" if len(part) > 24 else part for part in parts)


def wants_problem(scope: Any) -> bool:
    """Programs get JSON: by address, by what they accept, or where the route (``answers_json=True``) has nothing else."""
    path: str = scope["path"]
    route = scope.get("route_handler")  # none before the router
    if path.startswith("/api/") or path.endswith(".json"):
        return True
    if route is not None and route.opt.get("answers_json") and UNLISTED not in scope:
        return True
    accept = next((v for k, v in scope["headers"] if k == b"accept"), b"")
    return b"json" in accept and b"html" not in accept


def problem(refusal: Refusal, reference: str) -> bytes:
    """RFC 9457, with the field errors and the request's reference."""
    facts: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.heading,
        "status": refusal.status,
        "detail": refusal.sentence,
        "errors": [],
        "request_id": reference,
    }
    if isinstance(refusal, Invalid):
        facts["errors"] = [{"field": e.field, "message": str(e.message)} for e in refusal.errors]
    facts |= refusal.shows
    return msgspec.json.encode(facts)


def _field_errors(request: Request[Any, Any, Any], error: ValidationException) -> list[FieldError]:
    body, field = ScopeState.from_scope(request.scope).body, request.route_handler.parsed_data_field
    if isinstance(body, bytes) and field is not None and (faults := faults_of(body, field.annotation)):
        return faults
    extra = error.extra if isinstance(error.extra, list) else []
    found = [FieldError(str(e.get("key", "body")), str(e.get("message", ""))) for e in extra if isinstance(e, dict)]
    return found or [FieldError("body", error.detail)]
