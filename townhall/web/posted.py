"""A command from a plain form: the operation's fields by their names, as the socket takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.core.errors import FieldError, Invalid, Refusal
from app.core.i18n import _
from app.core.ids import new_id
from app.core.web.forms import Sent as SentForm
from townhall.rules.commands import COMMAND_ID, BadCommand, Sent, UnknownOperation, digest_of
from townhall.rules.operations import OPERATIONS

RANK = "rank-"
#: fields that say which question or poll a form is about
ABOUT = ("question", "poll", "line")


@dataclass(frozen=True)
class Typed:
    """A form that was refused, for the page that shows it again: ``form`` as it was sent, a message for each field.

    A page has many forms with the same fields: each asks by its operation, and by the thing it is about.
    """

    form: SentForm = field(default_factory=lambda: SentForm([]))
    refusal: Refusal | None = None

    def is_of(self, op: str, about: object = None) -> bool:
        told = next((self.form[name] for name in ABOUT if self.form.get(name)), "")
        return self.form.get("op") == op and (about is None or told == str(about))

    def value(self, op: str, name: str, about: object = None, *, otherwise: object = "") -> str:
        return self.form.get(name, "") if self.is_of(op, about) else str(otherwise)

    def values(self, op: str, name: str, about: object = None) -> list[str]:
        return self.form.all(name) if self.is_of(op, about) else []

    def error(self, op: str, name: str, about: object = None) -> str:
        return self.errors.get(name, "") if self.is_of(op, about) else ""

    @property
    def errors(self) -> Mapping[str, str]:
        if not isinstance(self.refusal, Invalid):
            return {}
        return {wrong.field: str(wrong.message) for wrong in self.refusal.errors}

    @property
    def summary(self) -> list[FieldError]:
        """Above the page; the ids of fields are made from the operation, the thing and the field."""
        place = field_id(self.form.get("op", ""), next((self.form[n] for n in ABOUT if self.form.get(n)), ""))
        return [FieldError(f"{place}-{name}", message) for name, message in self.errors.items()]


def field_id(op: str, about: object = "") -> str:
    """How the fields of a form begin: ``poll-answer-7``; each goes on with its own name."""
    return "-".join(part for part in (op.replace(".", "-"), str(about or "")) if part)


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
        raise BadCommand([_told(str(wrong), kinds)]) from wrong
    return Sent(command_id, op, shape, digest_of(op, shape))


def _value(kind: Any, values: list[str]) -> Any:
    """Lists take every field of that name; words may also stand in one field, with commas or lines between."""
    if "list" not in str(kind):
        return values[-1].strip()
    if "str" in str(kind):
        return [word.strip() for value in values for word in value.replace("\n", ",").split(",") if word.strip()]
    return [value for value in values if value]


def _ranked(form: SentForm) -> list[str]:
    """``rank-3=1`` says that option 3 is the best; two on one place are told by the rules of ranking."""
    places = [(int(value), name.removeprefix(RANK)) for name, value in form.items() if _is_rank(name, value)]
    if len({place for place, _option in places}) != len(places):
        raise BadCommand(
            [FieldError("choices", _("Two of them stand on the same place: give each a place of its own."))]
        )
    return [option for _place, option in sorted(places)]


def _is_rank(name: str, value: str) -> bool:
    return name.startswith(RANK) and value.isdecimal() and len(value) < 4


def _told(message: str, kinds: Any) -> FieldError:
    """In the reader's words: a form can only leave something out, or say what the field does not take."""
    name = next((name for name in kinds if f"`{name}`" in message or f"`$.{name}" in message), "")
    return FieldError(
        name, _("Fill this in.") if "missing" in message else _("This does not fit here: look at it again.")
    )
