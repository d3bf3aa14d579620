"""Who responded, in a form that tells nobody: keyed digests per consultation, the sealed facts, a receipt's number."""

from __future__ import annotations

from app.core.people.addresses import Address
from app.core.security import nonces
from app.core.security.keys import Keys

KEY_BYTES = 16
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another


def new_salt() -> bytes:
    """16 random bytes: they key one consultation's respondents, or hide one response's digest."""
    return nonces.new_salt()


def address_key(keys: Keys, salt: bytes, address: str) -> bytes:
    """16 bytes, equal only for the same canonical address in the same consultation."""
    return keys.digest("consultations.address", salt, address.encode())[:KEY_BYTES]


def seal_respondent(keys: Keys, response_id: int, name: str, address: Address | None, organisation: str) -> bytes:
    """The respondent's words, readable only beside this response."""
    facts = {"name": name, "email": address.display if address else "", "organisation": organisation}
    return keys.seal(facts, bound_to=_bound(b"respondent", response_id))


def open_respondent(keys: Keys, response_id: int, sealed: bytes) -> dict[str, str]:
    """``name``, ``email``, ``organisation``; raises CannotUnseal."""
    return keys.unseal(sealed, bound_to=_bound(b"respondent", response_id))


def seal_draft(keys: Keys, draft_id: int, *, name: str, email: str, canonical: str, organisation: str) -> bytes:
    """Who a draft is from, as they typed it; ``canonical`` of the address, where it is one."""
    facts = {"name": name, "email": email, "canonical": canonical, "organisation": organisation}
    return keys.seal(facts, bound_to=_bound(b"draft", draft_id))


def open_draft(keys: Keys, draft_id: int, sealed: bytes) -> dict[str, str]:
    """``name``, ``email``, ``canonical``, ``organisation``; raises CannotUnseal."""
    return keys.unseal(sealed, bound_to=_bound(b"draft", draft_id))


def receipt_number(keys: Keys, response_id: int) -> str:
    """What a respondent quotes: ten letters in two groups, the same for the same response, saying nothing of order."""
    number = int.from_bytes(keys.digest("consultations.receipt", response_id.to_bytes(8, "big"))[:8], "big")
    letters = []
    for _place in range(10):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    text = "".join(letters)
    return f"{text[:5]}-{text[5:]}"


def _bound(what: bytes, row: int) -> bytes:
    return b"consultations." + what + row.to_bytes(8, "big")
