"""What changed from one text to the next, word by word: for readers of corrections, screen readers included."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

_TOKENS = re.compile(r"\s+|\w+|[^\w\s]", re.UNICODE)


class Part(NamedTuple):
    """``kind``: ``same``, ``removed`` or ``added``."""

    kind: str
    text: str


def word_changes(before: str, after: str) -> list[Part]:
    """The parts in reading order, what was removed before what was added in its place.

    The parts that are not ``added`` spell ``before``, those that are not ``removed`` spell ``after``.
    """
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    kept: list[tuple[str, str, str]] = []  # same, removed, added: one of them empty or two
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = "".join(old[a:b]) if act == "equal" else ""
        removed, added = ("", "") if same else ("".join(old[a:b]), "".join(new[c:d]))
        kept.append((same, removed, added))
    return [part for run in _joined(kept) for part in run]


def _joined(runs: list[tuple[str, str, str]]) -> list[list[Part]]:
    """Changed words with nothing but a space between them are one change."""
    found: list[list[Part]] = []
    removed = added = ""
    for place, (same, out, into) in enumerate(runs):
        between = same and same.isspace() and 0 < place < len(runs) - 1
        if same and not between:
            found += [_change(removed, added), [Part("same", same)]]
            removed = added = ""
        else:
            removed, added = removed + same + out, added + same + into
    return [*found, _change(removed, added)]


def _change(removed: str, added: str) -> list[Part]:
    return [Part(kind, text) for kind, text in (("removed", removed), ("added", added)) if text]
