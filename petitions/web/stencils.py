"""Entries of a list, rendered once for all that stand alike; what each has of its own is filled in.

A page shows 25 of 100,000 petitions, so whole entries are seldom met again; but how they stand,
"Open, 12 days left, next goal 10,000", thousands have in common.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from markupsafe import Markup, escape

from app.core.i18n import language, translations

MOST_KEPT = 8_192
#: characters that no translation has: each stands for what an entry has of its own
_HOLES = {"id": "\ue000", "action": "\ue001", "figure": "\ue002", "on_bar": "\ue003"}
_NAMES = {hole: name for name, hole in _HOLES.items()}
_CUT = re.compile("([\ue000-\ue003])")


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
