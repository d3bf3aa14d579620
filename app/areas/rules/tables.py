"""Tables as people keep them: which column says what, and numbers as they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

_GROUPED = re.compile(r"[0-9]{1,3}(?:[,  \u00a0\u202f'][0-9]{3})+\Z|[0-9]+\Z")


class BadTable(ValueError):
    """What is wrong with the file as a whole, in one line; ``say``: the command's options that would help."""

    def __init__(self, fault: str, say: str = "") -> None:
        super().__init__(fault)
        self.say = say


def column(header: Sequence[str], given: str, usual: str) -> int | None:
    """Where a column stands: the ``given`` one, else the first whose heading says what is ``usual`` (a pattern)."""
    names = [name.strip() for name in header]
    if given:
        if given not in names:
            raise BadTable(f"it has no column {given!r}; its columns are {', '.join(names[:12])}")
        return names.index(given)
    return next((place for place, name in enumerate(names) if re.search(usual, name, re.IGNORECASE)), None)


def read_number(text: str) -> int | None:
    """A whole number above 0, with or without marks between thousands; None for anything else."""
    text = text.strip()
    if not _GROUPED.match(text) or len(text) > 15:
        return None
    return int(re.sub(r"[^0-9]", "", text)) or None


def misread(text: str) -> str | None:
    """What a word was before it was decoded the wrong way (``MÃ´n``); None where it does not look so."""
    try:
        before = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return before if before != text else None
