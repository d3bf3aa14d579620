"""An administrator's browser: sends a file about areas, and confirms what it would change."""

from __future__ import annotations

import re

import httpx


def send(who: httpx.Client, what: str, content: str | bytes, name: str = "file", **words: str) -> httpx.Response:
    return who.post(f"/admin/areas/{what}", files={"file": (name, content)}, data=words)


def confirm(who: httpx.Client, what: str, page: httpx.Response, **more: str) -> httpx.Response:
    return who.post(f"/admin/areas/{what}/confirm", data={"slip": slip_of(page)} | more)


def slip_of(page: httpx.Response) -> str:
    """What says which file was looked through."""
    slip = re.search(r'name="slip" value="([^"]+)"', page.text)
    assert slip, page.text
    return slip[1]
