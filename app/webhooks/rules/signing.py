"""Standard Webhooks 1.0: secrets, and what a receiver checks a message by."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

SECRET_BYTES = 32
_PREFIX = "whsec_"


def show_secret(secret: bytes) -> str:
    """As receivers write it down."""
    return _PREFIX + base64.b64encode(secret).decode()


def read_secret(text: str) -> bytes:
    """The bytes again; ValueError for anything that :func:`show_secret` did not make."""
    if not text.startswith(_PREFIX):
        raise ValueError("no secret of a webhook")
    return base64.b64decode(text.removeprefix(_PREFIX), validate=True)


def signature(secret: bytes, message_id: str, sent_at: datetime, body: bytes) -> str:
    """``v1,`` and the HMAC over id, second and the very bytes of the body."""
    signed = f"{message_id}.{int(sent_at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def headers(secrets: Sequence[bytes], message_id: str, sent_at: datetime, body: bytes) -> Mapping[str, str]:
    """One signature a secret: while an old one still counts, a receiver needs only one of the two."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signature(secret, message_id, sent_at, body) for secret in secrets),
    }
