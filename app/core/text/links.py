"""Which addresses may become links, and where they stand in plain text.

Stricter than any of the parsers behind it, so that those never have to disagree: ``https`` with
a plain public host name, or ``mailto`` with nothing but an address. No user names, numeric hosts,
relative links or other schemes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

import idna

from app.core.text.plain import has_link

#: What every link of ours says about where it leads.
REL = "nofollow ugc noopener noreferrer"
MOST_URL = 2_000
MOST_SHOWN = 80

_HTTPS = re.compile(r"(?i:https)://([^\s/?#:@\\]{1,253})(?::([0-9]{1,5}))?([/?#].*)?", re.DOTALL)
_MAILTO = re.compile(r"(?i:mailto):([A-Za-z0-9][A-Za-z0-9._+-]{0,63})@([^\s/?#:@\\]{1,253})")
_HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"
)
_IN_TEXT = re.compile(
    # Paths may hold letters of scripts that put spaces between words; the others would run on into the text.
    r"(?<!\w)https://[\w.-]{1,253}(?::[0-9]{1,5})?"
    "(?:[/?#][A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;=%\u00c0-\u02af\u0370-\u167f\u1681-\u1fff]*)?",
    re.IGNORECASE,
)
_BEFORE_HOST = re.compile(r"\A(?:https?://|mailto:)?(?:www\.)?")
_HOST_ENDS = re.compile(r"[/?#:\s]")
_AS_IT_IS = "%/:?#[]@!$&()*+,;=~"  # beside letters, digits and -._ ; a quote could end an attribute
_STOPS = ".,;:!?'*_،؛؟।"
_CLOSES = {")": "(", "]": "["}


class Link(NamedTuple):
    """An address found in a text: it fills ``text[start:end]``; ``shown`` is what a reader sees."""

    start: int
    end: int
    href: str
    shown: str


def safe_href(url: str) -> str | None:
    """The address in the one form links have, or None where it may not be a link.

    Scheme and host small, the host in its ASCII form, everything else percent-encoded ASCII.
    """
    if len(url) > MOST_URL:
        return None
    if web := _HTTPS.fullmatch(url):
        host, port, rest = _ascii_host(web[1]), web[2], web[3] or ""
        if host is None or int(port or 0) > 65_535:
            return None
        where = f"{host}:{port}" if port else host
        return f"https://{where}{quote(rest, safe=_AS_IT_IS, errors='replace')}"
    if mail := _MAILTO.fullmatch(url):
        host = _ascii_host(mail[2])
        return None if host is None else f"mailto:{mail[1]}@{host}"
    return None


def find_links(text: str) -> Iterator[Link]:
    """The ``https`` addresses written out in a text, first to last."""
    for match in _IN_TEXT.finditer(text):
        url = _without_punctuation(match[0])
        href = safe_href(url)
        if href is not None:
            yield Link(match.start(), match.start() + len(url), href, shown(href))


def shown(href: str) -> str:
    """An address as a page shows it: whole where short, with its beginning where long."""
    return href if len(href) <= MOST_SHOWN else href[: MOST_SHOWN - 1] + "…"


def misleads(words: str, href: str) -> bool:
    """Whether a link's words name another place than the one it leads to."""
    return has_link(words) and _place(words.strip()) != _place(href)


def _place(address: str) -> str:
    host = _HOST_ENDS.split(_BEFORE_HOST.sub("", address.casefold(), count=1), maxsplit=1)[0]
    return host if host.isascii() else _ascii_host(host) or host


def _ascii_host(host: str) -> str | None:
    try:
        # The bytes of a host that claims to be encoded are decoded once, to see that they can be.
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
        if "xn--" in name:
            idna.decode(name)
    except UnicodeError:
        return None
    return name if _HOST.fullmatch(name) else None


def _without_punctuation(url: str) -> str:
    """Without what belongs to the sentence around it: final stops, quotes, unopened brackets."""
    open_ = {sign: url.count(start) - url.count(sign) for sign, start in _CLOSES.items()}
    end = len(url)
    while end and (url[end - 1] in _STOPS or open_.get(url[end - 1], 0) < 0):
        if url[end - 1] in open_:
            open_[url[end - 1]] += 1
        end -= 1
    return url[:end]
