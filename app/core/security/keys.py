"""Everything that hangs on the site's secret: keyed digests, mailed tokens, sealed personal data.

Each use has a key of its own, derived from the secret by HKDF, so that no digest of one purpose
can stand for another.

What is *stored* (keyed addresses, sealed facts) hangs on the secret alone. What *leaves* and comes
back (mailed tokens, sealed cookies, proofs) hangs on the newest key generation as well: 32 random
bytes that an administrator replaces, so that everything that has left so far opens nothing any
more. See docs/decisions/0023.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.security.nonces import new_nonce

_SEAL_VERSION = b"\x01"
_MAC_BYTES = 16
_LENGTHS = [length.to_bytes(4, "big") for length in range(256)]


class CannotUnseal(ValueError):
    """Sealed with another secret, or changed since."""


class _Bunch:
    """The keys that follow from the secret and one generation's random bytes, each worked out once."""

    def __init__(self, secret: bytes, generation: bytes) -> None:
        self._secret, self.generation = secret, generation
        self._begun = lru_cache(maxsize=64)(self._begin)
        self.sealer = AESGCM(self._derive("seal"))

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, b"townsquare" + self.generation, purpose.encode()).derive(self._secret)

    def _begin(self, purpose: str) -> HMAC:
        return HMAC(self._derive(purpose), SHA256())

    def digest(self, purpose: str, parts: tuple[bytes, ...]) -> bytes:
        # not hmac.digest(), which lets go of the interpreter: the intake would wait for the event loop each time
        mac = self._begun(purpose).copy()
        mac.update(b"".join([_length(p) + p for p in parts]))
        return mac.finalize()


class Keys:
    """Derived keys of one deployment. Safe to share between threads."""

    def __init__(self, secret: str, generation: bytes = b"") -> None:
        self._secret = secret.encode()
        self._lasting = self._passing = _Bunch(self._secret, b"")
        self.turn(generation)

    @property
    def generation(self) -> bytes:
        """The random bytes that passing keys hang on; empty before the first rotation."""
        return self._passing.generation

    def turn(self, generation: bytes) -> None:
        """From now on tokens, cookies and proofs are of this generation; those of any other are unknown."""
        if generation != self._passing.generation:
            self._passing = _Bunch(self._secret, generation) if generation else self._lasting

    def turned(self, generation: bytes) -> Keys:
        """The same secret's keys, of another generation."""
        made = Keys.__new__(Keys)
        made._secret, made._lasting, made._passing = self._secret, self._lasting, self._passing
        made.turn(generation)
        return made

    def digest(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that say nothing about ``parts`` to whoever lacks the secret. For what is stored."""
        return self._lasting.digest(purpose, parts)

    def proof(self, purpose: str, *parts: bytes) -> bytes:
        """As :meth:`digest`, for what leaves and comes back: known until the next rotation."""
        return self._passing.digest(purpose, parts)

    def token(self, purpose: str, row: int, *, lasting: bool = False) -> str:
        """A mailed token for a row: 32 characters that need not be stored to be recognised.

        ``lasting``: it outlives rotations; only for what harms nobody in a stranger's hands.
        """
        body = row.to_bytes(8, "big")
        return base64.urlsafe_b64encode(body + self._mac(purpose, body, lasting=lasting)).decode()

    def read_token(self, purpose: str, token: str, *, lasting: bool = False) -> int | None:
        """The row a token was made for, or None where it was not made here for this purpose."""
        if len(token) != 32:
            return None
        try:
            raw = base64.b64decode(token.encode("ascii"), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        body = raw[:8]
        good = hmac.compare_digest(raw[8:], self._mac(purpose, body, lasting=lasting))
        return int.from_bytes(body, "big") if good else None

    def _mac(self, purpose: str, body: bytes, *, lasting: bool) -> bytes:
        bunch = self._lasting if lasting else self._passing
        return bunch.digest(f"token:{purpose}", (body,))[:_MAC_BYTES]

    def seal(self, facts: dict[str, str], bound_to: bytes, *, passing: bool = False) -> bytes:
        """Encrypt a few personal facts so that they open only beside the row they belong to.

        ``passing``: for a cookie or a form's field, of no use after the next rotation.
        """
        nonce, sealer = new_nonce(), (self._passing if passing else self._lasting).sealer
        return _SEAL_VERSION + nonce + sealer.encrypt(nonce, msgspec.json.encode(facts), bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes, *, passing: bool = False) -> dict[str, str]:
        """The facts again; raises :class:`CannotUnseal`."""
        if sealed[:1] != _SEAL_VERSION:
            raise CannotUnseal("unknown version")
        sealer = (self._passing if passing else self._lasting).sealer
        try:
            plain = sealer.decrypt(sealed[1:13], sealed[13:], bound_to)
        except (InvalidTag, ValueError) as wrong:
            raise CannotUnseal("another secret, or changed") from wrong
        return msgspec.json.decode(plain, type=dict[str, str])


def _length(part: bytes) -> bytes:
    return _LENGTHS[len(part)] if len(part) < 256 else len(part).to_bytes(4, "big")
