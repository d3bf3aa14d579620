"""A command from a plain form: the operation's fields by their names, as the socket takes them."""

from __future__ import annotations

from typing import Any

import msgspec

from app.core.errors import FieldError
from app.core.ids import new_id
from app.core.web.forms import Sent as SentForm
from townhall.rules.commands import COMMAND_ID, BadCommand, Sent, UnknownOperation, digest_of
from townhall.rules.operations import OPERATIONS

RANK = "rank-"


def new_command_id() -> str:
    """For a form: sent twice it counts once."""
    return f"form-{new_id()}"


def command_of(form: SentForm) -> Sent:
    """Raises :class:`BadCommand` with the field that is wrong, :class:`UnknownOperation`."""
    op, command_id = form.get("op", ""), form.get("id", "")
    operation = OPERATIONS.get(op)
    if operation is None:
        raise UnknownOperation([])
    if not COMMAND_ID.fullmatch(command_id):
        command_id = new_command_id()  # a form without one still counts, each time that it is sent
    kinds = {field.name: field for field in msgspec.structs.fields(operation.shape)}
    given = {name: _value(kinds[name].type, form.all(name)) for name in form if name in kinds}
    if "choices" in kinds and (ranked := _ranked(form)):
        given["choices"] = ranked
    given = {name: value for name, value in given.items() if value not in ("", []) or name == "text"}
    try:
        shape = msgspec.convert(given, operation.shape, strict=False)
    except msgspec.ValidationError as wrong:
        raise BadCommand([FieldError(_field_of(str(wrong), kinds), str(wrong)[:200])]) from wrong
    return Sent(command_id, op, shape, digest_of(op, shape))


def _value(kind: Any, values: list[str]) -> Any:
    """Lists take every field of that name; words may also stand in one field, with commas or lines between."""
    if "list" not in str(kind):
        return values[-1].strip()
    if "str" in str(kind):
        return [word.strip() for value in values for word in value.replace("\n", ",").split(",") if word.strip()]
    return [value for value in values if value]


def _ranked(form: SentForm) -> list[str]:
    """``rank-3=1`` says that option 3 is the best. Of two on one place the first is taken: then some are missing, which
    the rules of ranking tell in words."""
    places = sorted((int(value), name.removeprefix(RANK)) for name, value in form.items() if _is_rank(name, value))
    return list(dict(reversed(places)).values())[::-1]


def _is_rank(name: str, value: str) -> bool:
    return name.startswith(RANK) and value.isdecimal() and len(value) < 4


def _field_of(message: str, kinds: Any) -> str:
    return next((name for name in kinds if name in message), "")
