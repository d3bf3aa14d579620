"""A form that came too late: why nothing was stored, and the words that were typed, to be copied."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from app.core.errors import Refusal
from app.core.web.error_pages import wants_problem


def words_back(request: Request[Any, Any, Any], late: Refusal, *typed: str) -> Response[bytes]:
    """The refusal's page with what was ``typed``; where that is nothing, or a program asks, the refusal itself."""
    words = [text for text in typed if text.strip()]
    if not words or wants_problem(request.scope):
        raise late
    href, way_on = late.link
    response: Response[bytes] = request.app.state.pages.personal(
        "errors/too_late.html",
        status=late.status,
        refusal=late,
        words=words,
        href=href,
        way_on=way_on,
        reference=str(request.scope.get("request_id", "")),
    )
    return response
