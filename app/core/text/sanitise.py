"""Text from people made into HTML that is safe to show: the only way, and the only importer of bleach.

Stored text stays as it was typed; what is made here may be stored beside it with
:data:`SANITISER_VERSION` and thrown away at any time. Four steps: tidy and measure, build HTML in
which nothing of the text is markup, clean it with bleach, and let nh3, an independent parser,
say whether it would have left the same. Where it would not, the text is shown plain and
:data:`alarms` counts it: bleach gets no more corrections, so it never stands alone.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from html import unescape
from typing import NewType

import bleach.sanitizer  # type: ignore[import-untyped]
import nh3
from markupsafe import Markup

from app.core.text.formatting import formatted, paragraphs, unformatted
from app.core.text.links import REL, safe_href
from app.core.text.plain import tidy

#: Raise it with any change to what comes out; HTML stored under another version is made again.
SANITISER_VERSION = 1

MOST_CHARACTERS = 10_000
MOST_ANGLES = 200
MOST_SIGNS = 800
MOST_LINES = 300
MOST_LINKS = 100

TAGS = frozenset({"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "code", "pre", "h3", "h4"})
SCHEMES = frozenset({"https", "mailto"})

#: HTML that came from here. Nothing else makes one.
SafeHtml = NewType("SafeHtml", Markup)

# Each costs the parsers more than a letter does.
_SIGNS = re.compile(r"[*_`\[\]\\&<>\"']")
_TAG = re.compile(r"(<[^>]*>?)")

_second = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href"}},
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel=REL,
)


class Alarms:
    """How often the two parsers disagreed or one failed, since the process began; thread-safe.

    The last few pieces of HTML concerned are kept in memory for whoever looks into it, and are
    never logged: they are somebody's words.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._samples: deque[str] = deque(maxlen=8)

    @property
    def total(self) -> int:
        with self._lock:
            return self._counts.total()

    @property
    def counts(self) -> Mapping[str, int]:
        """Reason (``disagreement``, ``failure``) to number."""
        with self._lock:
            return dict(self._counts)

    @property
    def samples(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._samples)

    def note(self, reason: str, sample: str) -> None:
        with self._lock:
            self._counts[reason] += 1
            self._samples.append(sample)


alarms = Alarms()


def to_html(source: str, *, formatting: bool) -> SafeHtml:
    """Show a person's text; with ``formatting`` the little Markdown of :mod:`app.core.text.formatting`.

    Never raises. Over a cap, or after an alarm, the same words in plain paragraphs.
    """
    text = tidy(source)
    if not text:
        return SafeHtml(Markup(""))
    plain = paragraphs(text)
    draft = None if _too_much(text) else _draft(text, formatting)
    # what came out as the plain paragraphs that take the place of anything doubtful needs no parser
    html = None if draft in (None, plain) else sanitised(draft)
    return SafeHtml(Markup(plain if html is None else html))  # noqa: S704  sanitised above


def from_store(html: str, version: int) -> SafeHtml | None:
    """HTML that :func:`to_html` made and the database kept; None where it must be made again."""
    return SafeHtml(Markup(html)) if version == SANITISER_VERSION else None  # noqa: S704  ours


def sanitised(html: str) -> str | None:
    """Any HTML reduced to what people may use; None, and an alarm, where the parsers disagree."""
    try:
        cleaned = _first(html).strip()
        if _shape(cleaned) == _shape(_second.clean(cleaned)):
            return cleaned
        reason = "disagreement"
    except Exception:
        reason = "failure"
    alarms.note(reason, html)
    return None


def _too_much(text: str) -> bool:
    return (
        len(text) > MOST_CHARACTERS
        or text.count("<") > MOST_ANGLES
        or text.count("\n") >= MOST_LINES
        or len(_SIGNS.findall(text)) > MOST_SIGNS
        or text.count("://") > MOST_LINKS
    )


def _draft(text: str, with_formatting: bool) -> str | None:
    try:
        return formatted(text) if with_formatting else unformatted(text)
    except Exception:
        alarms.note("failure", text)
        return None


def _first(html: str) -> str:
    # A cleaner keeps its parser's state and is not thread-safe; a new one costs 0.02 ms.
    cleaner = bleach.sanitizer.Cleaner(
        tags=TAGS, attributes=_may_stay, protocols=SCHEMES, strip=True, strip_comments=True
    )
    return str(cleaner.clean(html))


def _may_stay(tag: str, name: str, value: str) -> bool:
    """Of attributes only a link's: an address in our own form, and our own words about it."""
    if tag != "a":
        return False
    address = unescape(value)
    return (name == "href" and safe_href(address) == address) or (name == "rel" and value == REL)


def _shape(html: str) -> list[str]:
    """Tags as they are and the text between them without entities, which each parser writes its way.

    Only text is decoded: a quote inside a tag must not pass for the end of an attribute.
    """
    pieces = _TAG.split(html)
    pieces[::2] = [unescape(words) for words in pieces[::2]]
    return pieces
