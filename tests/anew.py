"""What a page kept from the one before it is made anew as well, and has to be the same.

A part, a stencil or a frame is kept by a key that must hold all that it shows: whatever a key forgets, the next reader
is shown of the last one. So a house in a test makes everything twice, and the test in which both differ fails, whatever
it was about.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app import main
from app.core.web.page import Pages
from app.core.web.stencils.fragments import Stencilled
from app.core.web.stencils.frames import ENTRIES, Listed

#: what was not the same, in words; empty again after each test
UNLIKE: list[str] = []
AROUND = 60  # characters


def install() -> None:
    """For as long as this process lives."""
    main.Pages = MadeTwice  # type: ignore[misc]


class Anew:
    """The place of a page's entries, where each is made by the page's own macro and none is kept."""

    def __init__(self, entries: Listed) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def here(self, macro: Callable[[Any], Any]) -> Markup:
        return Markup("\n".join(map(macro, self._entries.find(range(len(self))))))


class MadeTwice(Pages):
    """Answers what service would, and notes where that is not what it should be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.jinja.globals.update(once=self.once, once_each=self.once_each, alike=self.alike)

    def framed(
        self, template: str, key: tuple[Hashable, ...] | None, entries: Listed, own: Mapping[str, str], **values: Any
    ) -> bytes:
        page = super().framed(template, key, entries, own, **values)
        shown = list(entries.keys)
        anew = self.render(template, **values, **own, **{ENTRIES: Anew(entries)})
        if shown == list(entries.keys):  # else somebody changed one of them meanwhile
            compare(template, page.decode(), anew.decode())
        return page

    def once(self, key: tuple[Any, ...], macro: Any, *args: Any, **kwargs: Any) -> Any:
        part = self._fragments.once(key, macro, *args, **kwargs)
        compare(macro.name, part, macro(*args, **kwargs))
        return part

    def once_each(self, keys: Sequence[Hashable], macro: Any, find: Callable[[Sequence[int]], Sequence[Any]]) -> Markup:
        parts = self._fragments.each(keys, macro, find)
        compare(macro.name, parts, "\n".join(map(macro, find(range(len(keys))))))
        return parts

    def alike(self, entries: Sequence[Stencilled], macro: Any) -> Markup:
        parts = self._fragments.alike(entries, macro)
        compare(macro.name, parts, "".join(map(macro, entries)))
        return parts


def compare(name: str, kept: str, anew: str) -> None:
    if kept != anew:
        at = next((at for at, (one, other) in enumerate(zip(kept, anew, strict=False)) if one != other), 0)
        here = slice(max(0, at - AROUND), at + AROUND)
        UNLIKE.append(f"{name} shows {str(kept)[here]!r} and should show {str(anew)[here]!r}")
