"""Who takes part, in a form that tells nobody: keyed digests per hall, the sealed facts."""

from __future__ import annotations

import secrets

from app.core.people.addresses import Address
from app.core.security.keys import Keys

KEY_BYTES = 16


def new_salt() -> bytes:
    """16 random bytes: they key one hall's participants."""
    return secrets.token_bytes(KEY_BYTES)


def new_secret() -> str:
    """What a browser is known by, in a cookie; of it only :func:`ticket` is stored."""
    return secrets.token_urlsafe(24)


def ticket(secret: str, hall_id: int, keys: Keys) -> bytes:
    """16 bytes that stand for a browser in one hall; those of two halls have nothing in common."""
    return keys.digest("townhall.ticket", secret.encode(), hall_id.to_bytes(8, "big"))[:KEY_BYTES]


def address_key(keys: Keys, salt: bytes, address: str) -> bytes:
    """16 bytes, equal only for the same canonical address in the same hall."""
    return keys.digest("townhall.address", salt, address.encode())[:KEY_BYTES]


def seal_person(keys: Keys, participant_id: int, name: str, address: Address) -> bytes:
    """A participant's words, readable only beside this participant."""
    return keys.seal({"name": name, "email": address.display}, bound_to=_bound(participant_id))


def open_person(keys: Keys, participant_id: int, sealed: bytes) -> dict[str, str]:
    """``name`` and ``email``; raises CannotUnseal."""
    return keys.unseal(sealed, bound_to=_bound(participant_id))


def _bound(row: int) -> bytes:
    return b"townhall.person" + row.to_bytes(8, "big")
