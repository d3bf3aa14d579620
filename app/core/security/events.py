"""What whoever watches over the site should find in its log: doors, proofs and limits that refused somebody.

Never who it was: no name, address, network or token. Under a flood a line for each would cost more
than the refusal, so the same event is written once in a while, with how often it came.
"""

from __future__ import annotations

import logging
import threading
import time

EVERY = 10.0  # seconds between two lines about the same

log = logging.getLogger("townsquare.security")
_lock = threading.Lock()
#: event -> when it was written last, and how often it came since
_noted: dict[str, tuple[float, int]] = {}


def note(event: str) -> None:
    """``event`` is one of a few fixed phrases, with the name of an act or a role at most."""
    now = time.monotonic()
    with _lock:
        at, unwritten = _noted.get(event, (float("-inf"), 0))
        is_due = now - at >= EVERY
        _noted[event] = (now, 0) if is_due else (at, unwritten + 1)
    if is_due:
        log.info("%s (times: %d)", event, unwritten + 1)


def forget() -> None:
    """As if nothing had happened yet."""
    with _lock:
        _noted.clear()
