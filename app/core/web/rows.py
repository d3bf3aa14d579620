"""Rows of long tables: a macro is asked once for all that stand alike, and what each has of its own is filled in.

A template's own loop calls, escapes and joins for each cell: a table of 650 areas takes it ten times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby, repeat

from markupsafe import Markup, escape

#: characters that no translation has: each stands for a cell of a row, in their order
_HOLES = "".join(map(chr, range(0xE000, 0xE010)))
_CUT = re.compile(f"([{_HOLES}])")
_BETWEEN = "\0"  # no text has it
Row = tuple[str, ...]


def filled(rows: Iterable[Row], macro: Callable[..., str], *, ours: int = 0) -> Markup:
    """What ``macro`` makes of these rows, one after another. Cells are text, at most sixteen; the first ``ours`` of them
    are our own and not escaped.

    The macro shows each where and as often as it likes; all that it may ask of one is whether it is empty.
    """
    columns = [column if at < ours else _escaped(column) for at, column in enumerate(zip(*rows, strict=True))]
    if not any("" in column for column in columns):
        return Markup("".join(_pieces(columns, macro)))  # noqa: S704  made by the macro, cells are escaped
    alike = groupby(zip(*columns, strict=True), key=_which_are_empty)
    parts = [_pieces(list(zip(*some, strict=True)), macro) for _empty, some in alike]
    return Markup("".join(chain.from_iterable(parts)))  # noqa: S704  the same


def _pieces(columns: Sequence[Sequence[str]], macro: Callable[..., str]) -> Iterable[str]:
    """Of rows of which the same cells are empty."""
    if not columns:
        return ()
    shown = [hole if column[0] else "" for hole, column in zip(_HOLES, columns, strict=False)]
    pieces = _CUT.split(str(macro(*shown)))
    often = len(columns[0])
    parts = [columns[_HOLES.index(piece)] if at % 2 else repeat(piece, often) for at, piece in enumerate(pieces)]
    return chain.from_iterable(zip(*parts, strict=True))


def _which_are_empty(row: Row) -> Row | tuple[bool, ...]:
    return tuple(map(bool, row)) if "" in row else ()


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    """Each as a page may hold it. All at once: on its own, each takes ten times as long."""
    made = str(escape(_BETWEEN.join(texts))).split(_BETWEEN)
    return made if len(made) == len(texts) else [str(escape(text)) for text in texts]
