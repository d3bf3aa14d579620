"""What became of one attempt, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MOST_EXCERPT = 500  # bytes


class EndpointState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # an administrator holds it: what happens waits
    OFF = "off"  # it answered 410, or failed for days: what happens is noted, and can be sent later


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"  # what it told of was removed


class Fault(StrEnum):
    """Why there was no good answer."""

    NO_NAME = "no-name"  # its name is unknown, or the lookup took too long
    INSIDE = "inside"  # an address of a private network that is not allowed by name
    REFUSED = "refused"
    SLOW_TO_CONNECT = "slow-to-connect"
    UNTRUSTED = "untrusted"  # TLS
    SILENT = "silent"  # no answer in time
    BROKEN_OFF = "broken-off"
    GARBLED = "garbled"  # not HTTP, or headers without end
    REDIRECT = "redirect"
    STATUS = "status"
    GONE = "gone"
    SWITCHED_OFF = "switched-off"  # not tried: the address was off
    NOT_ALLOWED = "not-allowed"  # the settings no longer allow such an address


class WhyOff(StrEnum):
    """What switched a receiver off."""

    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True)
class Answer:
    """``fault`` None: delivered. ``status`` None: no whole head of an answer came. ``wish``: of ``Retry-After``."""

    status: int | None
    milliseconds: int
    fault: Fault | None = None
    excerpt: str = ""
    wish: timedelta | None = None


def fault_of(status: int) -> Fault | None:
    """What a status means; None: it was taken."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return Fault.GONE
    return Fault.REDIRECT if 300 <= status < 400 else Fault.STATUS


def excerpt_of(body: bytes) -> str:
    """The beginning of an answer as one line of plain text, whatever was in it."""
    text = body.decode("utf-8", "replace")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line.encode()[:MOST_EXCERPT].decode("utf-8", "ignore")
