"""What the index is told of a text: its stems, those of its title, and what readers narrow a search by.

Each sort of token has a letter of its own in front, so that no word anybody types can be taken for a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.search.rules.words import stems_of

_SIGNS = re.compile("[^a-z0-9]")


def tokens(title: str, body: str, *, kind: str, departments: Iterable[int], readers: Iterable[str] = ()) -> list[str]:
    """All of a document's, each once and in a steady order. ``readers`` are none where everyone may read it."""
    titled = list(dict.fromkeys(stems_of(title)))
    anywhere = dict.fromkeys([*titled, *stems_of(body)])
    marks = [of_kind(kind), *map(of_department, sorted(set(departments)))]
    marks += map(of_readers, readers)
    return [*map(of_word, anywhere), *map(of_title, titled), *marks]


def of_word(stem: str) -> str:
    return "w" + stem


def of_title(stem: str) -> str:
    return "t" + stem


def of_kind(kind: str) -> str:
    return "k" + _SIGNS.sub("", kind)


def of_department(department_id: int) -> str:
    return f"d{department_id}"


def of_readers(act: str) -> str:
    """Of those who may do an act, or, written ``act@7``, do it for department 7."""
    return "v" + _SIGNS.sub("", act.replace("@", "0at0"))
