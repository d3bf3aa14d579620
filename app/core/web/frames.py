"""Pages but for what each reader has of their own: its entries and an address or two. A frame is rendered once for all
that is the same in it, and filled for each reader; most of a page's time went into what stood on the page before."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup, escape

from app.core.i18n import language

Each = Callable[[Sequence[Hashable], Callable[[Any], Any], Callable[[Sequence[int]], Sequence[Any]]], str]
#: frames that are kept; one takes some 20 kB
MOST = 512


class Listed(Protocol):
    """What a page lists; see :class:`app.core.web.page.Entries`."""

    keys: Sequence[Hashable]

    def __len__(self) -> int: ...

    def find(self, places: Sequence[int]) -> Sequence[Any]: ...


class Place:
    """Where a template puts its entries: ``{{ entries.here(macro) }}``, once. True where there are any."""

    def __init__(self, hole: Markup, many: int) -> None:
        self._hole, self._many = hole, many
        self.macro: Callable[[Any], Any] | None = None

    def __len__(self) -> int:
        return self._many

    def here(self, macro: Callable[[Any], Any]) -> Markup:
        self.macro = macro
        return self._hole


class _Frame(NamedTuple):
    #: every second one is the name of what belongs there
    pieces: Sequence[str]
    macro: Callable[[Any], Any] | None


class Frames:
    """One deployment's. What was asked for lately is kept, in two halves as :class:`app.core.web.page.Fragments` are."""

    def __init__(self, each: Each) -> None:
        self._each = each
        mark = secrets.token_hex(8)  # nobody writes a hole into a text
        self._hole, self._cut = f"[{mark}:%s]", re.compile(rf"\[{mark}:(\w+)\]")
        self._young: dict[Hashable, _Frame] = {}
        self._old: dict[Hashable, _Frame] = {}
        self._lock = threading.Lock()

    def filled(
        self,
        key: tuple[Hashable, ...] | None,
        render: Callable[[Mapping[str, Any]], str],
        entries: Listed,
        own: Mapping[str, str],
    ) -> str:
        """The page with these entries and, by their names, these words of its reader's own; ``render`` is given what
        stands in their places. ``key`` is all else that the page depends on; None: it is nobody else's."""
        frame = None
        if key is not None:
            key = (language.get(), len(entries), *map(bool, own.values()), *key)
            frame = self._young.get(key) or self._old.get(key)
        if frame is None:
            frame = self._made(render, entries, own)
        if key is not None and key not in self._young:
            self._keep(key, frame)
        words: dict[str, str] = {name: escape(value) for name, value in own.items()}
        words["entries"] = self._each(entries.keys, frame.macro, entries.find) if frame.macro else ""
        return "".join([words[piece] if at % 2 else piece for at, piece in enumerate(frame.pieces)])

    def forget(self) -> None:
        with self._lock:
            self._old, self._young = {}, {}

    def _made(self, render: Callable[[Mapping[str, Any]], str], entries: Listed, own: Mapping[str, str]) -> _Frame:
        place = Place(Markup(self._hole % "entries"), len(entries))  # noqa: S704  ours
        holes = {name: Markup(self._hole % name) if value else "" for name, value in own.items()}  # noqa: S704  ours
        text = render({**holes, "entries": place})
        return _Frame([str(piece) for piece in self._cut.split(text)], place.macro)

    def _keep(self, key: Hashable, frame: _Frame) -> None:
        with self._lock:
            self._young[key] = frame
            if len(self._young) >= MOST // 2:
                self._old, self._young = self._young, {}
