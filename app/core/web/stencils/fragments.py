"""Parts of pages that many pages share, such as an entry of a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any, Protocol

from markupsafe import Markup

from app.core.i18n import language, translations
from app.core.web.stencils.kept import Lately
from app.core.web.stencils.stencil import Stencil, holes, ready, which_are_empty


class Stencilled(Protocol):
    """``own``: names of what it has of its own. ``alike``: everything else that shows of it; where one of its own is a
    number that words agree with, also its :func:`plural`."""

    @property
    def own(self) -> Sequence[str]: ...

    @property
    def alike(self) -> Hashable: ...

    def _replace(self, **changes: Any) -> Any: ...


class Fragments(Lately[Any]):
    """One deployment's. Each is rendered once for its ``key``, which holds everything that it shows.

    A macro is known by its name: no two templates may have one of the same name made once.
    """

    def once(self, key: tuple[Any, ...], macro: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What ``macro`` makes of its arguments, or made of them before."""
        full = (language.get(), macro.name, key)  # type: ignore[attr-defined]
        made = self._young.get(full)
        if made is None:
            made = self._old.get(full)
            if made is None:
                made = macro(*args, **kwargs)
            self._keep({full: made})
        return made

    def each(
        self, keys: Sequence[Hashable], macro: Callable[[Any], Any], find: Callable[[Sequence[int]], Sequence[Any]]
    ) -> Markup:
        """The parts of these keys, one after another. ``find`` is given the places of those that have to be
        made, and answers what ``macro`` makes them of: what nobody has to look up is not looked up. It may put another
        key in the place of one where it finds things otherwise than they were."""
        spoken = _spoken(macro)
        full = [(spoken, key) for key in keys]
        parts = list(map(self._young.get, full))
        if absent := [at for at, part in enumerate(parts) if part is None]:
            for at in absent:
                parts[at] = self._old.get(full[at])
            missing = [at for at in absent if parts[at] is None]
            for at, found in zip(missing, find(missing) if missing else (), strict=True):
                parts[at] = macro(found)
            self._keep({(spoken, keys[at]): parts[at] for at in absent})
        return Markup("\n".join(parts))  # type: ignore[arg-type]  # noqa: S704  none is missing, and macros escape

    def alike(self, entries: Sequence[Stencilled], macro: Callable[[Any], str]) -> Markup:
        """What ``macro`` makes of these entries, one after another; it is asked once for all that stand alike."""
        if not entries:
            return Markup()
        spoken, names = _spoken(macro), entries[0].own
        *columns, alike = zip(*map(attrgetter(*names, "alike"), entries), strict=True)
        parts = []
        for entry, row, how in zip(entries, zip(*map(ready, columns), strict=True), alike, strict=False):
            own, key = dict(zip(names, row, strict=False)), (spoken, which_are_empty(row) if "" in row else (), how)
            found: Stencil | None = self._young.get(key)
            if found is None:
                found = self._old.get(key) or Stencil(macro(entry._replace(**holes(own))))
                self._keep({key: found})
            parts.append(found.filled(own))
        return Markup("".join(parts))  # noqa: S704  the macro's, filled with what is ready


def plural(n: int) -> int:
    """Which of its language's forms a number takes."""
    form: Callable[[int], int] | None = getattr(translations(language.get()), "plural", None)
    return form(n) if form else int(n != 1)


def _spoken(macro: Callable[..., Any]) -> tuple[str, str]:
    return language.get(), macro.name  # type: ignore[attr-defined]
