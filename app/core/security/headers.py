"""Headers that go on every answer, 404 and 500 included."""

from __future__ import annotations

from app.core.web.assets import BODY_SCRIPT_CSP


def policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {BODY_SCRIPT_CSP}",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def security_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    """Raw ASGI headers; ``secure`` where the site is served over https."""
    headers = [
        (b"content-security-policy", policy().encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
    ]
    if secure:
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers
