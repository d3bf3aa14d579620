"""Everything that hangs on the site's secret: keyed digests, mailed tokens, sealed personal data.

Each use has a key of its own, derived from the secret by HKDF, so that no digest of one purpose
can stand for another.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SEAL_VERSION = b"\x01"
_MAC_BYTES = 16


class CannotUnseal(ValueError):
    """Sealed with another secret, or changed since."""


class Keys:
    """Derived keys of one deployment. Safe to share between threads."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._sealer = AESGCM(self._derive("seal"))
        self._derived = lru_cache(maxsize=64)(self._derive)

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, b"townsquare", purpose.encode()).derive(self._secret)

    def digest(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that say nothing about ``parts`` to whoever lacks the secret."""
        body = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
        return hmac.digest(self._derived(purpose), body, "sha256")

    def token(self, purpose: str, row: int) -> str:
        """A mailed token for a row: 32 characters that need not be stored to be recognised."""
        body = row.to_bytes(8, "big")
        return base64.urlsafe_b64encode(body + self.digest(f"token:{purpose}", body)[:_MAC_BYTES]).decode()

    def read_token(self, purpose: str, token: str) -> int | None:
        """The row a token was made for, or None where it was not made here for this purpose."""
        if len(token) != 32:
            return None
        try:
            raw = base64.b64decode(token.encode("ascii"), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        body = raw[:8]
        good = hmac.compare_digest(raw[8:], self.digest(f"token:{purpose}", body)[:_MAC_BYTES])
        return int.from_bytes(body, "big") if good else None

    def seal(self, facts: dict[str, str], bound_to: bytes) -> bytes:
        """Encrypt a few personal facts so that they open only beside the row they belong to."""
        nonce = secrets.token_bytes(12)
        return _SEAL_VERSION + nonce + self._sealer.encrypt(nonce, msgspec.json.encode(facts), bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> dict[str, str]:
        """The facts again; raises :class:`CannotUnseal`."""
        if sealed[:1] != _SEAL_VERSION:
            raise CannotUnseal("unknown version")
        try:
            plain = self._sealer.decrypt(sealed[1:13], sealed[13:], bound_to)
        except (InvalidTag, ValueError) as wrong:
            raise CannotUnseal("another secret, or changed") from wrong
        return msgspec.json.decode(plain, type=dict[str, str])
