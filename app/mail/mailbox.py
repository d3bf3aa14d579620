"""A mailbox under a keyed digest: of no use to whoever lacks the site's secret."""

from __future__ import annotations

from app.core.people.addresses import Address, BadAddress, read_address
from app.core.security.keys import Keys

_PURPOSE = "mailbox"


def mailbox_key(keys: Keys, address: Address) -> bytes:
    """32 bytes, the same for every spelling that reaches this mailbox."""
    return keys.digest(_PURPOSE, address.canonical.encode())


def spelling_key(keys: Keys, address: Address) -> bytes:
    """32 bytes for this spelling alone; of a plain address the same as :func:`mailbox_key`."""
    return keys.digest(_PURPOSE, address.display.lower().encode())


def address_of(text: str) -> Address:
    """An address that stands in a letter or a report, whatever a form would say of it."""
    try:
        return read_address(text)
    except BadAddress:
        typed = text.strip()
        return Address(typed, typed.lower())
