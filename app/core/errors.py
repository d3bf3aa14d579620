"""Refusals: named facts with a status and a sentence a person understands.

An expected refusal is never a 500 and never logged as a fault. Rooms subclass the family
that fits and give ``code`` (a stable word, the last part of the problem's type URI),
``title`` and ``message``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from app.core.i18n import _


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a form; ``field`` is its name and its id on the page."""

    field: str
    message: str


class BadField(ValueError):
    """What is wrong with a field's value, in a sentence that says what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class Refusal(Exception):
    """The act was understood and refused; nothing of it was stored."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = _("We could not understand that request")
    message: ClassVar[str] = _("Nothing was stored. Go back and try again.")
    #: where the reader can go on: (href, words); href may use the refusal's values
    way_on: ClassVar[tuple[str, str]] = ("/", _("Go to the home page"))

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.code)

    @property
    def sentence(self) -> str:
        return str(self.message).format(**self.values)

    @property
    def heading(self) -> str:
        return str(self.title).format(**self.values)

    @property
    def link(self) -> tuple[str, str]:
        href, words = self.way_on
        return href.format(**self.values), str(words)

    @property
    def headers(self) -> Mapping[str, str]:
        return {}

    @property
    def shows(self) -> Mapping[str, Any]:
        """What a program is told besides, such as what came first: further members of its problem."""
        return {}


class Invalid(Refusal):
    """Malformed input: 422 with one error a field."""

    status = 422
    code = "invalid"
    title = _("There is a problem with what you entered")
    message = _("Nothing was stored. Correct the fields that are named and send the form again.")

    def __init__(self, errors: Sequence[FieldError], **values: Any) -> None:
        self.errors = tuple(errors)
        super().__init__(**values)


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = _("You cannot do that")
    message = _("Nothing was changed.")


class NotFound(Refusal):
    status = 404
    code = "not-found"
    title = _("Page not found")
    message = _("If you typed the address, check it is correct. If you pasted it, check you copied all of it.")


class Conflict(Refusal):
    status = 409
    code = "conflict"
    title = _("That is no longer possible")
    message = _("Something changed while you were here. Nothing was stored.")


class Gone(Refusal):
    status = 410
    code = "gone"
    title = _("This has been removed")
    message = _("It was here once and is no longer public.")


class TooLarge(Refusal):
    status = 413
    code = "too-large"
    title = _("That is too long to send")
    message = _("Nothing was stored. Shorten your text and send it again.")


class TooMany(Refusal):
    """Over a limit; ``retry_after`` in whole seconds."""

    status = 429
    code = "too-many"
    title = _("Too many requests from your network")
    message = _(
        "Nothing was stored. Wait {minutes} and send the form again: others on your network may be using it too."
    )

    def __init__(self, *, retry_after: int, **values: Any) -> None:
        self.retry_after = max(1, retry_after)
        minutes = -(-self.retry_after // 60)
        words = "1 minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(minutes=words, **values)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"retry-after": str(self.retry_after)}


class Unavailable(Refusal):
    """Too busy, or the database is out of reach: nothing is claimed; ``retry_after`` in seconds."""

    status = 503
    code = "unavailable"
    title = _("Sorry, we are very busy")
    message = _("We could not store what you sent. Wait a minute and send it again: it will count once only.")

    def __init__(self, *, retry_after: int = 5, **values: Any) -> None:
        self.retry_after = retry_after
        super().__init__(**values)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"retry-after": str(self.retry_after)}


class WriteOutsideWrites(RuntimeError):
    """A route that did not say ``writes`` tried to change the database: a fault of ours."""
