"""Random bytes for what is made thousands of times a second: nonces for sealing, salts, keys of forms. No two alike.

They are fetched in blocks. Each call to the system lets go of the interpreter, and while the event
loop is busy the intake's thread waits long for its return: ten times as long as sealing takes.
"""

from __future__ import annotations

import os

NONCE, SALT, KEY = 12, 16, 32  # bytes
AT_ONCE = 256


class Blocks:
    """Secrets of one length from the system's source of randomness, each handed out once."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._ready: list[bytes] = []  # taken with pop(), which no two threads do at the same time
        if hasattr(os, "register_at_fork"):  # a child must not use what its parent goes on to use
            os.register_at_fork(after_in_child=self._ready.clear)

    def take(self) -> bytes:
        while True:
            try:
                return self._ready.pop()
            except IndexError:
                block = os.urandom(self.length * AT_ONCE)
                self._ready.extend(block[at : at + self.length] for at in range(0, len(block), self.length))


new_nonce, new_salt, new_key = Blocks(NONCE).take, Blocks(SALT).take, Blocks(KEY).take
