"""Nonces for sealing: 12 random bytes each, no two alike.

They are fetched in blocks. Each call to the system lets go of the interpreter, and while the event
loop is busy the intake's thread waits long for its return: ten times as long as sealing takes.
"""

from __future__ import annotations

import os

BYTES, AT_ONCE = 12, 256
_ready: list[bytes] = []  # taken with pop(), which no two threads do at the same time

if hasattr(os, "register_at_fork"):  # a child must not use what its parent goes on to use
    os.register_at_fork(after_in_child=_ready.clear)


def new_nonce() -> bytes:
    """12 bytes from the system's source of randomness, handed out once."""
    while True:
        try:
            return _ready.pop()
        except IndexError:
            block = os.urandom(BYTES * AT_ONCE)
            _ready.extend(block[start : start + BYTES] for start in range(0, len(block), BYTES))
