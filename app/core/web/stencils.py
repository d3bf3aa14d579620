"""Entries of a list that stand alike but for some words of their own: rendered once, and the words filled in.

A page shows 20 of a million things, so whole entries are seldom met again; but how they stand, "Petition, open,
Department of Parks", thousands have in common.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from markupsafe import escape

#: characters that no translation has, and that nothing changes: each stands for what an entry has of its own
_FIRST = 0xE000
_CUT = re.compile("([\ue000-\ue01f])")


class Stencilled(Protocol):
    """``own``: names of what it has of its own. ``alike``: everything else that shows, and which of its own are empty."""

    @property
    def own(self) -> Sequence[str]: ...

    @property
    def alike(self) -> Hashable: ...

    def _replace(self, **changes: Any) -> Any: ...


def with_holes(entry: Stencilled) -> Any:
    """The same with holes in the place of what it has of its own."""
    return entry._replace(**{name: chr(_FIRST + at) for at, name in enumerate(entry.own)})


def cut(rendered: str, names: Sequence[str]) -> Sequence[str]:
    """What stands between the holes, and in turn with it the name of what fills each of them."""
    pieces = _CUT.split(str(rendered))
    return [names[ord(piece) - _FIRST] if at % 2 else piece for at, piece in enumerate(pieces)]


def filled_in(pieces: Sequence[str], entry: Stencilled) -> str:
    """The entry as a page may hold it: markup stays, anything else is escaped."""
    return "".join([escape(getattr(entry, piece)) if at % 2 else piece for at, piece in enumerate(pieces)])
