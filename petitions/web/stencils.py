"""Entries of a list, rendered once for all that stand alike; what each has of its own is filled in.

A page shows 25 of 100,000 petitions, so whole entries are seldom met again; but how they stand,
"Open, 12 days left, next goal 10,000", thousands have in common.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from markupsafe import Markup, escape

from app.core.i18n import language, translations
from petitions.queries.asking import ANY_WORDS

MOST_KEPT = 8_192
#: characters that no translation has: each stands for what an entry has of its own
_HOLES = {"id": "\ue000", "action": "\ue001", "figure": "\ue002", "on_bar": "\ue003"}
_NAMES = {hole: name for name, hole in _HOLES.items()}
_CUT = re.compile("([\ue000-\ue003])")
#: words in a link, and in a link that another link carries along
_IN_LINK, _IN_KEY = quote_plus(ANY_WORDS), quote(quote_plus(ANY_WORDS))


class Entry(Protocol):
    """``alike``: everything else that it shows; ``signatures`` tells the grammatical number."""

    id: int
    action: str
    figure: str
    on_bar: int
    signatures: int

    @property
    def alike(self) -> tuple[Hashable, ...]: ...

    def _replace(self, **changes: Any) -> Any: ...


class Stencils:
    """One deployment's."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Hashable, ...], Sequence[str]] = {}

    def fill(self, entries: Iterable[Entry], macro: Callable[[Any], str]) -> Markup:
        """What ``macro`` makes of these entries, one after another."""
        return Markup("".join([self._filled(entry, macro) for entry in entries]))  # noqa: S704  made by the macro

    @staticmethod
    def say(part: Markup, words: str) -> Markup:
        """A part of the page that was made for any words of a search, with the words of this one in its links."""
        if not words:
            return part
        in_link = quote_plus(words)
        return part.replace(_IN_KEY, quote(in_link)).replace(_IN_LINK, in_link)

    def _filled(self, entry: Entry, macro: Callable[[Any], str]) -> str:
        key = (language.get(), plural(entry.signatures), *entry.alike)
        pieces = self._kept.get(key)
        if pieces is None:
            pieces = self._keep(key, _CUT.split(macro(entry._replace(**_HOLES))))
        own: Mapping[str, str] = {
            "id": str(entry.id),
            "action": escape(entry.action),
            "figure": entry.figure,
            "on_bar": str(entry.on_bar),
        }
        return "".join([own[_NAMES[piece]] if at % 2 else piece for at, piece in enumerate(pieces)])

    def _keep(self, key: tuple[Hashable, ...], pieces: Sequence[str]) -> Sequence[str]:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = [str(piece) for piece in pieces]
        return self._kept[key]


def plural(n: int) -> int:
    """Which of its language's forms a number takes."""
    form: Callable[[int], int] | None = getattr(translations(language.get()), "plural", None)
    return form(n) if form else int(n != 1)
