"""Codes of an authenticator app (RFC 6238): six digits, a new one every thirty seconds, each good once."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
#: a telephone's clock may be one step off, either way
STEPS_OFF = 1
DIGITS = 6


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return pyotp.random_base32(32)


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def step_of(secret: str, code: str, now: datetime, *, after: int = 0) -> int | None:
    """The time step this code belongs to, later than the step ``after`` that was used last; None where it fits none."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    totp, here, found = pyotp.TOTP(secret), step_at(now), None
    for step in range(here - STEPS_OFF, here + STEPS_OFF + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed) and step > after:
            found = step
    return found


def code_at(secret: str, now: datetime) -> str:
    """What an authenticator app shows at this moment; for tests and the demo."""
    return str(pyotp.TOTP(secret).generate_otp(step_at(now)))


def setup_address(secret: str, account: str, site: str) -> str:
    """The ``otpauth://`` address that an app scans."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=site))


def picture(address: str) -> str:
    """The address as a QR picture: an SVG ``data:`` address, nothing to load from anywhere."""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff"))


def in_fours(secret: str) -> str:
    """The secret as people type it: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
