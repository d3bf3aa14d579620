"""What is wrong with a JSON body, field by field: the decoder stops at the first fault, callers want all."""

from __future__ import annotations

from typing import Any

import msgspec

from app.core.errors import FieldError
from app.core.i18n import _

MOST_FAULTS = 50


def faults_of(body: bytes, wanted: type[msgspec.Struct]) -> list[FieldError]:
    """Every missing, unknown or mistyped field of a body that should have been a ``wanted``."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        content = None
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
        return FieldError(name, str(wrong))
    return None
