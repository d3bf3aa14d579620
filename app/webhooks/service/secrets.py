"""Each receiver's secret: made here, shown once, sealed beside its row."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

from app.core.security.keys import Keys
from app.webhooks.model import Endpoint
from app.webhooks.rules.signing import SECRET_BYTES


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def seal(keys: Keys, endpoint_id: int, secret: bytes) -> bytes:
    return keys.seal({"secret": base64.b64encode(secret).decode()}, bound_to(endpoint_id))


def unseal(keys: Keys, endpoint_id: int, sealed: bytes) -> bytes:
    """Raises :class:`app.core.security.keys.CannotUnseal`."""
    return base64.b64decode(keys.unseal(sealed, bound_to(endpoint_id))["secret"])


def signing(keys: Keys, endpoint: Endpoint, now: datetime) -> list[bytes]:
    """The secrets that sign now, the newest first."""
    sealed = [endpoint.sealed]
    if endpoint.sealed_before is not None and endpoint.before_until is not None and now < endpoint.before_until:
        sealed.append(endpoint.sealed_before)
    return [unseal(keys, endpoint.id, one) for one in sealed]


def mark(endpoint: Endpoint) -> str:
    """Tells one secret from the next, and nothing about either."""
    return hashlib.sha256(endpoint.sealed).hexdigest()[:16]


def bound_to(endpoint_id: int) -> bytes:
    return f"webhook:{endpoint_id}".encode()
