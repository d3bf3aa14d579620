"""Pages of ours inside pages of others: how they are asked for, what they may do, what others paste."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

THEMES = ("auto", "light", "dark")
WIDTH, HEIGHT, LEAST_WIDTH, LEAST_HEIGHT = 480, 250, 260, 200
_OURS = re.compile(r"/([a-z]+)/([1-9]\d{0,14})/?\Z")


class NotAsked(ValueError):
    """A parameter, or a value of one, that these pages do not know."""


class Look(NamedTuple):
    """How a page that others embed is to look."""

    theme: str = THEMES[0]
    language: str = "en"


class Place(NamedTuple):
    """What an address of ours is about: the first part of its path, and a number."""

    room: str
    number: int


def read_look(query: Iterable[tuple[str, str]], languages: Iterable[str]) -> Look:
    """Only what is known, each once at most: else anybody could have a page made anew as often as they like."""
    allowed, given = {"theme": THEMES, "lang": tuple(languages)}, dict[str, str]()
    for name, value in query:
        if name in given or value not in allowed.get(name, ()):
            raise NotAsked(name)
        given[name] = value
    return Look(given.get("theme", THEMES[0]), given.get("lang", "en"))


def read_place(url: str, base_url: str) -> Place | None:
    """What an address is about, if it is one of ours: the same scheme, host and port, nothing hidden in it."""
    ours, parts = urlsplit(base_url), _split(url)
    if parts is None or (parts.scheme, parts.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
        return None
    found = _OURS.match(parts.path)
    return Place(found[1], int(found[2])) if found else None


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def policy(style: str, ancestors: str) -> str:
    """The Content-Security-Policy of such a page. ``style``: the digest of its one style; it has no script, form,
    picture or frame, and asks nobody for anything."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{style}'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {ancestors}",
        )
    )


def snippet(base_url: str, room: str, number: int, title: str, *, width: int = 0, height: int = HEIGHT) -> str:
    """The HTML that others paste. The frame can open a new page, and nothing else. ``width`` 0: as wide as there is."""
    src = f"{base_url}/embed/{room}/{number}"
    size = f'width="{width or "100%"}" height="{height}"'
    held = 'sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"'
    return f'<iframe src="{escape(src)}" title="{escape(title)}" {size} loading="lazy" {held}></iframe>'


def discovery(base_url: str, path: str) -> str:
    """Where programs find how a page of ours is embedded (oEmbed)."""
    query: Mapping[str, str] = {"url": base_url + path, "format": "json"}
    return f"{base_url}/oembed?{urlencode(query)}"
