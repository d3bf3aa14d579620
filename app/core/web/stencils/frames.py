"""Pages but for what each reader has of their own: its entries and an address or two. A frame is rendered once for all
that is the same in it, and filled for each reader; most of a page's time went into what stood on the page before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from markupsafe import Markup, escape

from app.core.i18n import language
from app.core.web.stencils.kept import Lately
from app.core.web.stencils.stencil import Stencil, hole, holes

Each = Callable[[Sequence[Hashable], Callable[[Any], Any], Callable[[Sequence[int]], Sequence[Any]]], str]
ENTRIES = "entries"
T = TypeVar("T")


class Listed(Protocol):
    """What a page lists; see :class:`Entries`."""

    keys: Sequence[Hashable]

    def __len__(self) -> int: ...

    def find(self, places: Sequence[int]) -> Sequence[Any]: ...


class Entries(Generic[T]):
    """Rows that stand together on a page, each with the key of its part of it: all that the part shows."""

    def __init__(self, rows: Sequence[T], keys: Sequence[Hashable]) -> None:
        self.rows, self.keys = rows, keys

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, places: Sequence[int]) -> list[T]:
        """Those at these places; see :meth:`app.core.web.stencils.fragments.Fragments.each`."""
        return [self.rows[at] for at in places]


class Place:
    """Where a template puts its entries: ``{{ entries.here(macro) }}``, once. True where there are any."""

    def __init__(self, many: int) -> None:
        self._many = many
        self.macro: Callable[[Any], Any] | None = None

    def __len__(self) -> int:
        return self._many

    def here(self, macro: Callable[[Any], Any]) -> Markup:
        self.macro = macro
        return hole(ENTRIES)


class _Frame(NamedTuple):
    stencil: Stencil
    #: makes its entries, and sees whatever the template was given that the page was first made with
    macro: Callable[[Any], Any] | None


class Frames(Lately[_Frame]):
    """One deployment's."""

    MOST = 512  # one takes some 20 kB

    def __init__(self, each: Each) -> None:
        super().__init__()
        self._each = each

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
            frame = _made(render, entries, own)
        if key is not None and key not in self._young:
            self._keep({key: frame})
        words: dict[str, str] = {name: escape(value) for name, value in own.items()}
        words[ENTRIES] = self._each(entries.keys, frame.macro, entries.find) if frame.macro else ""
        return frame.stencil.filled(words)


def _made(render: Callable[[Mapping[str, Any]], str], entries: Listed, own: Mapping[str, str]) -> _Frame:
    place = Place(len(entries))
    return _Frame(Stencil(render({**holes(own), ENTRIES: place})), place.macro)
