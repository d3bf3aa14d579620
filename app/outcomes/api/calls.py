"""What every call of a department's program has in common: its key, its door, its problems."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request
from litestar.params import HeaderParameter

from app.core import idempotency
from app.core.errors import Refusal
from app.core.idempotency import Claim
from app.core.web.problems import BUSY, OVER_A_LIMIT, UNKNOWN
from app.tokens.guard import program_of
from app.tokens.rules.refusals import NoToken, ScopeMissing, TokenExpired, TokenRevoked, TokenUnknown

Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", description="A repeat with the same key gets the same answer.")
]
IfMatch = Annotated[
    str, HeaderParameter(name="If-Match", description="The ETag of the answers that were read; 412 if they changed.")
]
IfNoneMatch = Annotated[
    str, HeaderParameter(name="If-None-Match", description="The ETag of what was read; 304 if it is the same.")
]
#: the name of the security scheme in the API's description
SCHEME: Final = "departmentToken"
REASON: Final = (NoToken(), TokenUnknown(), TokenExpired(), TokenRevoked())


def needs(scope: str) -> list[dict[str, list[str]]]:
    """For the API's description."""
    return [{SCHEME: [scope]}]


def refusals(scope: str, *more: Refusal) -> tuple[Refusal, ...]:
    """Of every call with a token, and these."""
    return (*REASON, ScopeMissing(scope=scope), UNKNOWN, *more, OVER_A_LIMIT, BUSY)


def claim_of(request: Request[Any, Any, Any], key: str, body: bytes) -> Claim | None:
    """Keys are a program's own: two tokens never meet in one."""
    return idempotency.claim(f"token {program_of(request).id}", f"POST {request.url.path}", key, body)
