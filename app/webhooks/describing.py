"""What receivers are sent, for the API's description (OpenAPI 3.1 ``webhooks``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.webhooks.contribution import Announced

_HEADERS = {
    "webhook-id": "The message's number: the same at each try and replay",
    "webhook-timestamp": "The second of this try, since 1970",
    "webhook-signature": "One or more signatures with spaces between: `v1,` and a base64 HMAC-SHA-256",
}
_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_EXAMPLE = "2027-03-01T09:00:00Z"


def webhooks(announced: Iterable[Announced]) -> dict[str, Any]:
    """By type; each is posted to receivers that want it."""
    return {one.name: {"post": _call(one)} for one in sorted(announced, key=lambda one: one.name)}


def _call(one: Announced) -> dict[str, Any]:
    return {
        "operationId": "webhook-" + one.name.replace(".", "-").replace("_", "-"),
        "summary": one.about,
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": _TEXT, "description": about}
            for name, about in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body(one)}}},
        "responses": {"204": {"description": "Taken. Any status from 200 to 299 will do; answer within 15 seconds."}},
    }


def _body(one: Announced) -> dict[str, Any]:
    data = {
        "id": {"type": "integer"},
        "kind": _TEXT,
        "url": {"type": "string", "format": "uri"},
        "api_url": {"type": ["string", "null"], "format": "uri"},
        "title": _MAYBE_TEXT,
        "departments": {"type": "array", "items": _TEXT},
        **{name: _like(example) for name, example in one.more.items()},
    }
    properties = {
        "type": {"const": one.name},
        "timestamp": {"type": "string", "format": "date-time", "examples": [_EXAMPLE]},
        "data": {"type": "object", "properties": data, "required": list(data)},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _like(example: object) -> Mapping[str, Any]:
    if isinstance(example, int):
        return {"type": "integer", "examples": [example]}
    return {**_MAYBE_TEXT, "examples": [example]}
