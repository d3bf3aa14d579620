"""Rows of long tables: a macro is asked once for all that stand alike, and what each has of its own is filled in.

A template's own loop calls, escapes and joins for each cell: a table of 650 areas takes it ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby

from markupsafe import Markup

from app.core.web.stencils.stencil import Stencil, hole, ready, which_are_empty

Row = tuple[str, ...]


def filled(rows: Iterable[Row], macro: Callable[..., str], *, ours: int = 0) -> Markup:
    """What ``macro`` makes of these rows, one after another. Cells are text; the first ``ours`` of them are our own and
    not escaped.

    The macro is given the cells' holes: see :func:`app.core.web.stencils.stencil.hole`.
    """
    columns = [column if at < ours else ready(column) for at, column in enumerate(zip(*rows, strict=True))]
    if not any("" in column for column in columns):
        return Markup("".join(_filled(columns, macro)))  # noqa: S704  made by the macro, cells are escaped
    alike = groupby(zip(*columns, strict=True), key=which_are_empty)
    parts = [_filled(list(zip(*some, strict=True)), macro) for _empty, some in alike]
    return Markup("".join(chain.from_iterable(parts)))  # noqa: S704  the same


def _filled(columns: Sequence[Sequence[str]], macro: Callable[..., str]) -> Iterable[str]:
    """Of rows of which the same cells are empty."""
    if not columns:
        return ()
    named = {str(at): column for at, column in enumerate(columns)}
    shown = [hole(name) if column[0] else "" for name, column in named.items()]
    return Stencil(macro(*shown)).filled_each(named, len(columns[0]))
