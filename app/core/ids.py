"""Identifiers that are unique without asking the database.

63 bits: 41 of milliseconds since 2020, 10 that tell processes apart, 12 of counter. They grow
with time, so rows with them are appended to an index rather than scattered over it.
"""

from __future__ import annotations

import threading
import time

from app.core.security.nonces import new_nonce

_EPOCH_MS = 1_577_836_800_000


def _ten_bits() -> int:
    return int.from_bytes(new_nonce()[:2], "big") & 0x3FF


_lock = threading.Lock()
_node = _ten_bits()
_last_ms = 0
_counter = 0


def new_id() -> int:
    """A positive integer below 2**63, greater than every earlier one of this process."""
    global _last_ms, _counter
    with _lock:
        ms = time.time_ns() // 1_000_000 - _EPOCH_MS
        if ms <= _last_ms:  # same millisecond, or the clock was set back
            _counter += 1
            if _counter > 0xFFF:
                _last_ms += 1
                _counter = 0
        else:
            _last_ms, _counter = ms, _ten_bits()
        return (_last_ms << 22) | (_node << 12) | _counter


def after_fork() -> None:
    """A child process must not share its parent's process bits."""
    global _node
    _node = _ten_bits()
