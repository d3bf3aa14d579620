"""The roll: digests of every response that counts, by which anybody can check that none was added or left out.

Each digest is of a response and a random number that its writer's receipt holds; it tells nobody what was said. The
list is in the order of the digests, one a line in hexadecimal, each line ended; its own digest is of those bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

DIGEST_BYTES = 32


def pack(digests: Iterable[bytes]) -> bytes:
    """In their order, one after another."""
    return b"".join(sorted(digests))


def unpack(packed: bytes) -> list[bytes]:
    return [packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES)]


def as_lines(packed: bytes) -> bytes:
    """The published list."""
    return b"".join(digest.hex().encode() + b"\n" for digest in unpack(packed))


def digest_of_list(packed: bytes) -> bytes:
    return hashlib.sha256(as_lines(packed)).digest()
