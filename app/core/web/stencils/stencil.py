"""Holes, what is cut at them, and how they are filled."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from markupsafe import Markup, escape

_MARK = secrets.token_hex(8)  # so that nobody writes a hole into a text
_CUT = re.compile(rf"\[{_MARK}:(\w+)\]")
_BETWEEN = "\0"  # hardly any text has it


def hole(name: str) -> Markup:
    """Stands for what is called so. A template shows it where and as often as it likes; all that it may ask of it is
    whether it is empty, and what is empty is given no hole."""
    return Markup(f"[{_MARK}:{name}]")  # noqa: S704  ours


def holes(own: Mapping[str, str]) -> Mapping[str, str]:
    """By their names, for all of these that are not empty."""
    return {name: hole(name) if value else "" for name, value in own.items()}


class Stencil:
    """What was rendered round the holes."""

    __slots__ = ("_names", "_pieces")

    def __init__(self, rendered: str) -> None:
        #: every second one is the name of what belongs there
        self._pieces = _CUT.split(str(rendered))
        self._names = self._pieces[1::2]

    def filled(self, own: Mapping[str, str]) -> str:
        """With these in their holes, each ready for a page: see :func:`ready`."""
        parts = self._pieces.copy()
        parts[1::2] = [own[name] for name in self._names]
        return "".join(parts)

    def filled_each(self, columns: Mapping[str, Sequence[str]], often: int) -> Iterable[str]:
        """So many times, one after another, in pieces: all at once it takes a third of the time."""
        parts = [columns[piece] if at % 2 else repeat(piece, often) for at, piece in enumerate(self._pieces)]
        return chain.from_iterable(zip(*parts, strict=True))


def ready(values: Sequence[Any]) -> Sequence[str]:
    """Each as a page may hold it: markup stays, anything else is escaped. Texts are escaped all at once: on its own,
    each takes four to ten times as long."""
    kinds = set(map(type, values))
    if kinds == {Markup}:
        return values
    if kinds == {int}:
        return list(map(str, values))
    if kinds == {str}:
        text = _BETWEEN.join(values)
        made = str(escape(text))
        if made == text:
            return values
        parts = made.split(_BETWEEN)
        if len(parts) == len(values):
            return parts
    return [str(escape(value)) for value in values]


def which_are_empty(row: Sequence[str]) -> tuple[bool, ...]:
    """Of the things of its own that one has; nothing where none is, as with most."""
    return tuple(map(bool, row)) if "" in row else ()
