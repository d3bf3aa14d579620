"""Who signed, in a form that tells nobody: keyed digests per petition, and the sealed facts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.core.text.plain import fold
from app.mail import mailbox

KEY_BYTES = 16
#: what the token of a letter is for by which whoever signed says once whether the answer addresses it
ASKED = "petitions.asked"
#: … and that of the creator's own page: edit after a rejection, withdraw
CREATOR = "petitions.creator"


def new_salt() -> bytes:
    """16 random bytes that key one petition's signers."""
    return secrets.token_bytes(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """16 bytes each; equal only for the same person's words on the same petition."""

    address: bytes
    name: bytes
    postcode: bytes


def identity_keys(keys: Keys, salt: bytes, address: str, name: str, postcode: str) -> IdentityKeys:
    """``address`` canonical, ``name`` as typed, ``postcode`` normalised or empty."""
    return IdentityKeys(
        address_key(keys, salt, address),
        keys.digest("petitions.name", salt, fold(name).encode())[:KEY_BYTES],
        keys.digest("petitions.postcode", salt, postcode.encode())[:KEY_BYTES],
    )


def address_key(keys: Keys, salt: bytes, address: str) -> bytes:
    """The first of :func:`identity_keys` alone: under which a canonical address signed this petition."""
    return keys.digest("petitions.address", salt, address.encode())[:KEY_BYTES]


def mailbox_key(keys: Keys, address: Address) -> bytes:
    """32 bytes that name a mailbox across the site, for letter caps alone; kept two days."""
    return mailbox.mailbox_key(keys, address)


def seal_signer(keys: Keys, petition_id: int, address_key: bytes, name: str, address: Address, postcode: str) -> bytes:
    """The signer's words, readable only beside this petition and address key."""
    facts = {"name": name, "email": address.display, "postcode": postcode}
    return keys.seal(facts, bound_to=_bound(petition_id, address_key))


def open_signer(keys: Keys, petition_id: int, address_key: bytes, sealed: bytes) -> dict[str, str]:
    """``name``, ``email``, ``postcode``; raises CannotUnseal."""
    return keys.unseal(sealed, bound_to=_bound(petition_id, address_key))


def _bound(petition_id: int, address_key: bytes) -> bytes:
    return b"signer" + petition_id.to_bytes(8, "big") + address_key
