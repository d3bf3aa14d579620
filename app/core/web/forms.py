"""Forms: a body read into words, and the values and errors a page shows again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import unquote

from litestar import Request

from app.core.errors import BadField, FieldError, Invalid, Refusal
from app.core.i18n import _

MOST_FIELDS = 100
#: fields by which somebody proves again who they are, beside those of any form; handlers never see them
PROOF = "it-is-you."
PASSWORD, CODE = f"{PROOF}password", f"{PROOF}code"
T = TypeVar("T")


class NotAForm(Refusal):
    """The body is not a form in UTF-8."""

    code = "not-a-form"


class Sent(dict[str, str]):
    """Field names to values as sent; of a repeated field the last; :meth:`all` gives every one."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def all(self, name: str) -> list[str]:
        return [v for k, v in self.pairs if k == name]


def read_form(body: bytes, *, proof: bool = False, most: int = MOST_FIELDS) -> Sent:
    """``application/x-www-form-urlencoded`` bytes; raises :class:`NotAForm`. Without ``proof`` those fields are left out."""
    if not body:
        return Sent([])
    if body.count(b"&") >= most:
        raise NotAForm
    try:
        # decoded as a whole: every address has an "@", and few fields have anything else that is encoded
        text = body.decode("utf-8").replace("+", " ").replace("%40", "@")
        pairs = [_pair(part) for part in text.split("&") if part]
    except UnicodeDecodeError as wrong:
        raise NotAForm from wrong
    return Sent(pairs if proof else without_proof(pairs))


def _pair(part: str) -> tuple[str, str]:
    name, _eq, value = part.partition("=")
    if "%" in part:
        return unquote(name, errors="strict"), unquote(value, errors="strict")
    return name, value


def without_proof(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if not name.startswith(PROOF)]


async def provide_form(request: Request[Any, Any, Any]) -> Sent:
    """The ``form`` dependency of handlers that take one."""
    return read_form(await request.body())


@dataclass
class Form:
    """What a page shows: the values as typed, and one message for each field that is wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def again(cls, values: Mapping[str, str], wrong: Invalid) -> Self:
        """The form as it was sent, each message beside its field."""
        return cls(values=values, errors={e.field: str(e.message) for e in wrong.errors})

    def read(self, name: str, reader: Callable[[str], T], *, field: str | None = None) -> T | None:
        """Read one field; a ``ValueError`` with a ``message`` becomes the field's error."""
        try:
            return reader(self.values.get(name, ""))
        except ValueError as wrong:
            self.errors[field or name] = str(getattr(wrong, "message", wrong))
            return None

    def refuse(self, name: str, message: str) -> None:
        self.errors.setdefault(name, str(message))

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def summary(self) -> list[FieldError]:
        return [FieldError(name, message) for name, message in self.errors.items()]

    def check(self) -> None:
        """Raise :class:`Invalid` with every error found."""
        if self.errors:
            raise Invalid(self.summary)


def chosen(name: str, allowed: Mapping[str, object] | frozenset[str] | set[str]) -> Callable[[str], str]:
    """A reader for one of several values."""

    def read(text: str) -> str:
        if text not in allowed:
            raise BadField(str(_("Choose one of the answers.")))
        return text

    return read
