"""What is wrong with a JSON body, field by field: the decoder stops at the first fault, callers want all."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from app.core.errors import FieldError, Invalid, Refusal
from app.core.i18n import _

MOST_FAULTS = 50
#: not JSON, brackets in brackets without end, or not UTF-8 within a string, which the decoder tells apart
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is taken as it is described and no other way: the framework by itself reads ``"true"`` and
    1 as true, and ``"3"`` as 3, so that somebody's consent could be a slip of a program."""

    async def json(self) -> Any:
        """The body as what its handler asks for; raises a refusal that names every fault."""
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        body = await self.body()
        try:
            return msgspec.json.decode(body, type=field.annotation)
        except UNREADABLE as wrong:  # msgspec.ValidationError among them
            raise refusal_of(body, field.annotation) from wrong


def faults_of(body: bytes, wanted: type[msgspec.Struct]) -> list[FieldError]:
    """Every missing, unknown or mistyped field of a body that should have been a ``wanted``."""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        content = None
    return _faults(content, wanted)


def refusal_of(body: bytes, wanted: type[msgspec.Struct]) -> Refusal:
    """Why a body is no ``wanted``: it cannot be read at all, or field by field."""
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        return Refusal()
    return Invalid(_faults(content, wanted))


def _faults(content: Any, wanted: type[msgspec.Struct]) -> list[FieldError]:
    if not isinstance(content, dict):
        return [FieldError("body", str(_("Send one JSON object.")))]
    known = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    found = [fault for name, field in known.items() if (fault := _fault(content, name, field)) is not None]
    found += [FieldError(name[:80], str(_("There is no such field."))) for name in content if name not in known]
    return found[:MOST_FAULTS]


def _fault(content: dict[str, Any], name: str, field: msgspec.structs.FieldInfo) -> FieldError | None:
    if name not in content:
        return FieldError(name, str(_("This field is missing."))) if field.required else None
    try:
        msgspec.convert(content[name], field.type)
    except msgspec.ValidationError as wrong:
        fault, _at, place = str(wrong).partition(" - at `$")
        return FieldError(f"{name}{place.rstrip('`')}", fault)
    return None
