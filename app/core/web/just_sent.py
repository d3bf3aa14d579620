"""What somebody just sent, known to their own browser for an hour, so that a mistyped address can be corrected.

The facts travel sealed in a cookie that only this site can open; nothing more is stored here, and nobody else's
browser can say what was sent. See docs/decisions/0015.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.security.keys import CannotUnseal, Keys

KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class JustSent:
    """One kind of things that are sent. ``name``: of its cookie; ``purpose``: what a seal is bound to."""

    name: str
    purpose: bytes

    def cookie_name(self, *, secure: bool) -> str:
        return f"__Host-{self.name}" if secure else self.name

    def cookie(self, keys: Keys, facts: Mapping[str, str], at: datetime, *, secure: bool) -> bytes:
        """The value of ``Set-Cookie``. ``at``: the instant from which the hour runs."""
        sealed = keys.seal({**facts, "at": at.isoformat()}, self.purpose, passing=True)
        most = int(KEPT_FOR.total_seconds())
        value = base64.urlsafe_b64encode(sealed).decode()
        text = f"{self.cookie_name(secure=secure)}={value}; Path=/; Max-Age={most}; HttpOnly; SameSite=Lax"
        return (text + "; Secure" if secure else text).encode("ascii")

    def read(self, keys: Keys, value: str, now: datetime) -> dict[str, str] | None:
        """The facts of the last hour, ``at`` among them; None for anything else."""
        try:
            facts = keys.unseal(base64.urlsafe_b64decode(value.encode("ascii")), self.purpose, passing=True)
            age = now - datetime.fromisoformat(facts["at"])
        except (CannotUnseal, UnicodeEncodeError, binascii.Error, KeyError, ValueError):
            return None
        return facts if timedelta(0) <= age < KEPT_FOR else None
