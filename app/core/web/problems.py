"""What can go wrong with a call, as the API's description tells it: each refusal with its example."""

from __future__ import annotations

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from app.core.errors import FieldError, Invalid, NotFound, Refusal, TooLarge, TooMany, Unavailable
from app.core.web.error_pages import PROBLEM, problem

REFERENCE = "a345fd1e223f"
_WORDS = {
    400: "Not JSON",
    401: "Sign in first, or show a token that works",
    403: "Not yours to do",
    404: "Unknown, or not public",
    409: "No longer possible",
    410: "Expired or removed",
    412: "Changed since it was read",
    413: "Too long",
    422: "A field is wrong",
    429: "Over a limit",
    503: "Busy: send it again",
}
BUSY, OVER_A_LIMIT, UNKNOWN = Unavailable(retry_after=5), TooMany(retry_after=60), NotFound()
#: of any call with a body
OF_A_BODY = (Refusal(), TooLarge())


class ProblemField(msgspec.Struct, frozen=True):
    field: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField]
    request_id: str


def problems(*refusals: Refusal) -> dict[int, ResponseSpec]:
    """By status, with one example a refusal."""
    found: dict[int, list[Example]] = {}
    for refusal in refusals:
        example = Example(summary=refusal.heading, value=msgspec.Raw(problem(refusal, REFERENCE)))
        found.setdefault(refusal.status, []).append(example)
    return {
        status: ResponseSpec(
            Problem, media_type=PROBLEM, description=_WORDS[status], examples=examples, generate_examples=False
        )
        for status, examples in found.items()
    }


def wrong(field: str, message: str) -> Invalid:
    return Invalid([FieldError(field, message)])


def answers(container: type, description: str, example: object) -> ResponseSpec:
    """What a call answers when all is well; ready made, as the framework leaves out what is null."""
    shown = [Example(summary=description, value=msgspec.Raw(msgspec.json.encode(example)))]
    return ResponseSpec(container, description=description, examples=shown, generate_examples=False)
