"""Reading one command, however it came: a frame of the socket, a body posted to the hall, a plain form."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, TooMany
from app.core.i18n import _
from townhall.rules.operations import OPERATIONS, Operation, Shape

COMMAND_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: not JSON, brackets in brackets without end, or not UTF-8 within a string, which the decoder tells apart
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
#: levels of lists and objects in one frame
MOST_DEPTH = 12


class UnknownOperation(Invalid):
    code = "unknown-op"
    title = _("This hall does not know that operation")
    message = _("Nothing was changed.")


class BadCommand(Invalid):
    """``errors`` name the fields."""

    code = "invalid"


class CommandIdReused(Conflict):
    code = "id-reused"
    title = _("This was sent before with something else in it")
    message = _(
        "Nothing was changed. Load the page again and send it anew. (Programs: every command has an id of its own.)"
    )


class HallNotLive(Conflict):
    code = "not-live"
    title = _("The hall is not live")
    message = _("It has not started yet. Nothing was changed.")


class HallLive(Conflict):
    """Asked for what comes before the hall: a second click on its start."""

    code = "already-live"
    title = _("The hall is live already")
    message = _("Nothing was changed.")


class HallCancelled(Conflict):
    code = "hall-cancelled"
    title = _("The hall does not take place")
    message = _("It was cancelled. Nothing was changed. Its page says why.")


class SessionEnded(Conflict):
    code = "session-ended"
    title = _("The hall has ended")
    message = _("Nothing was changed. What was asked and answered stays in its archive.")


class RegistrationNeeded(Forbidden):
    code = "registration-needed"
    title = _("Register to take part")
    message = _("Only people who registered with a confirmed email address can do this here. Everyone can read.")


class WaitingForPlace(Forbidden):
    code = "waiting-list"
    title = _("You are on the waiting list")
    message = _("You can follow the hall. You can ask and vote as soon as a place is free.")


class Banned(Forbidden):
    code = "banned"
    title = _("A moderator has excluded you from this hall")
    message = _("You cannot ask, vote or answer here any more.")


class AuthExpired(Forbidden):
    code = "auth-expired"
    title = _("You are signed out")
    message = _("Nothing was changed. Sign in again: what you typed is still here.")


class NotAllowed(Forbidden):
    code = "forbidden"


class RateLimited(TooMany):
    """``retry_ms``: when it may be sent again."""

    code = "rate-limited"
    title = _("Please wait a moment")
    message = _("Nothing was stored, and your text is still here. You can send it again in {seconds} seconds.")

    def __init__(self, *, retry_ms: int) -> None:
        self.retry_ms = max(1, retry_ms)
        super().__init__(retry_after=-(-self.retry_ms // 1000), seconds=-(-self.retry_ms // 1000))


class Stale(Conflict):
    """Another text, or another state, than whoever judged it had seen."""

    code = "stale"
    title = _("This has changed in the meantime")
    message = _("Nothing was done. Look at it as it stands now, then decide.")


class NoSuchThing(NotFound):
    title = _("There is no such thing in this hall")
    message = _("Nothing was changed.")


class Sent(msgspec.Struct, frozen=True):
    """One command. ``digest``: 16 bytes of what it asks."""

    id: str
    op: str
    d: Any  # the operation's Shape
    digest: bytes

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.op]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    op: str
    d: msgspec.Raw = msgspec.Raw(b"{}")
    t: str = "cmd"


def read_body(raw: bytes | str) -> Sent:
    """A command as JSON; raises :class:`BadCommand` or :class:`UnknownOperation`."""
    if depth_of(raw) > MOST_DEPTH:
        raise _bad("", str(_("It is nested too deeply.")))
    try:
        body = msgspec.json.decode(raw, type=_Body)
    except UNREADABLE as wrong:
        raise _bad("", str(wrong)[:200]) from wrong
    return read_command(body.id, body.op, bytes(body.d))


def read_command(command_id: str, op: str, d: bytes) -> Sent:
    """The same from its parts; ``d`` is JSON."""
    if not COMMAND_ID.fullmatch(command_id):
        raise _bad("id", str(_("Use 8 to 64 letters, digits, hyphens or underscores.")))
    operation = OPERATIONS.get(op)
    if operation is None:
        raise UnknownOperation([])
    try:
        shape: Shape = msgspec.json.decode(d, type=operation.shape)
    except msgspec.ValidationError as wrong:
        raise _bad(_field_of(str(wrong)), str(wrong)[:200]) from wrong
    except UNREADABLE as wrong:
        raise _bad("d", str(wrong)[:200]) from wrong
    return Sent(command_id, op, shape, digest_of(op, shape))


def digest_of(op: str, shape: Shape) -> bytes:
    return hashlib.sha256(op.encode() + b"\0" + msgspec.json.encode(shape)).digest()[:16]


def depth_of(raw: bytes | str) -> int:
    """How deep its brackets go, at most; those within strings count too, which harms nobody."""
    text = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    depth = most = 0
    for sign in text:
        if sign in b"[{":
            depth += 1
            most = max(most, depth)
        elif sign in b"]}":
            depth -= 1
    return most


def _field_of(message: str) -> str:
    """``Expected `int` - at `$.question``` is about ``question``; ``missing required field `on``` about ``on``."""
    found = re.search(r"at `\$\.([a-z_]+)", message) or re.search(r"field `([a-z_]+)`", message)
    return found[1] if found else ""


def _bad(field: str, message: str) -> BadCommand:
    return BadCommand([FieldError(field, message)])
