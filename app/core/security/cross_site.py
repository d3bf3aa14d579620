"""Requests that another site made a browser send are refused (no tokens in forms needed).

A browser says where a request comes from in ``Sec-Fetch-Site``; an older one says ``Origin``.
A program says neither, and is then treated as having no cookies.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Standing(Enum):
    """How far a request may be trusted to be its sender's own."""

    OWN = "own"
    COOKIELESS = "cookieless"
    FOREIGN = "foreign"


def standing(headers: Iterable[tuple[bytes, bytes]], origins: frozenset[bytes]) -> Standing:
    """Judge an unsafe request by its raw headers; ``origins`` are ours."""
    site = origin = None
    for name, value in headers:
        if name == b"authorization" and _is_token(value):
            return Standing.COOKIELESS
        if name == b"sec-fetch-site":
            site = value
        elif name == b"origin":
            origin = value
    if site is not None:
        return Standing.OWN if site in (b"same-origin", b"none") else Standing.FOREIGN
    if origin is not None:
        return Standing.OWN if origin in origins else Standing.FOREIGN
    return Standing.COOKIELESS


def shows_token(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a program shows a token of its own: then no cookie counts, whatever is asked for."""
    return any(name == b"authorization" and _is_token(value) for name, value in headers)


def _is_token(value: bytes) -> bool:
    return value[:7].lower() == b"bearer "
