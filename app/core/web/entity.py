"""Answers that are one caller's own and can be asked for conditionally: strong tags, 304, 412."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Request, Response

from app.core.errors import Refusal
from app.core.i18n import _

JSON = "application/json"


class ChangedSince(Refusal):
    """``If-Match`` names another state than the one that stands."""

    status = 412
    code = "changed-since"
    title = _("This has changed since you read it")
    message = _("Nothing was stored. Read it again, and send If-Match with its new ETag.")


def tag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def own(request: Request[Any, Any, Any], body: bytes) -> Response[bytes]:
    """Never stored by anyone between, and 304 to whoever has it already."""
    tag = tag_of(body)
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Response(b"", status_code=304, media_type=JSON, headers=headers)
    return Response(body, media_type=JSON, headers=headers)


def check_unchanged(if_match: str, body: bytes) -> None:
    """``body`` is what stands now; raises :class:`ChangedSince`. Weak tags match nothing."""
    wanted = [one.strip() for one in if_match.split(",")]
    if if_match.strip() and "*" not in wanted and tag_of(body) not in wanted:
        raise ChangedSince
