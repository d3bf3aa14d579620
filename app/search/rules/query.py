"""What somebody typed into a search box: words, passages in quotation marks, and words that are not wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.core.text.plain import tidy_line
from app.search.rules.words import MOST_LETTERS, SILENT, stem_of, words_of

MOST_TYPED, MOST_WORDS = 200, 12
#: a beginning shorter than this has too many words to it
LEAST_BEGUN = 3
_SIGNS = str.maketrans("“”„‟«»＂−‐–", '"' * 7 + "-" * 3)
_PART = re.compile(r'(-?)"([^"]*)(?:"|\Z)|(-?)(\S+)')


@dataclass(frozen=True)
class Query:
    """``text`` as it was typed, tidied. ``words`` are folded, and say something; none of them is there twice."""

    text: str
    words: tuple[str, ...] = ()
    #: each the folded words of one passage, at least two
    passages: tuple[tuple[str, ...], ...] = ()
    #: stems that no find may have
    without: tuple[str, ...] = ()

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(stem_of, self.words)))

    @property
    def says_something(self) -> bool:
        return bool(self.words)

    def corrected(self, instead: Mapping[str, str]) -> Query:
        """The same with other words in the place of some, spelt as a reader would type it."""
        shown = self.text
        for word, right in instead.items():
            shown = _put(shown, word, right)
        return read_query(shown)

    def without_passages(self) -> Query:
        return Query(self.text, self.words, (), self.without)


def read_query(typed: str) -> Query:
    """Whatever was typed means something, if only that nothing is looked for."""
    text = tidy_line(typed.replace("\0", " "))[:MOST_TYPED].strip()
    words: list[str] = []
    passages: list[tuple[str, ...]] = []
    without: list[str] = []
    for part in _PART.finditer(text.translate(_SIGNS)):
        found = words_of(part[4] if part[2] is None else part[2])
        if part[1] or part[3]:
            without += map(stem_of, _telling(found))
            continue
        words += found
        if part[2] is not None and len(found) > 1:
            passages.append(tuple(found[:MOST_WORDS]))
    told = tuple(dict.fromkeys(_telling(words)))[:MOST_WORDS]
    barred = tuple(dict.fromkeys(stem for stem in without if stem not in set(map(stem_of, told))))
    return Query(text, told, tuple(passages[:3]), barred[:MOST_WORDS])


def _telling(words: Sequence[str]) -> list[str]:
    return [word[:MOST_LETTERS] for word in words if word not in SILENT]


def _put(text: str, word: str, right: str) -> str:
    """The typed form of a folded word replaced; left as it is where its letters cannot be found again."""
    parts = re.split(r"([^\W_]+)", text)
    return "".join(right if at % 2 and words_of(part) == [word] else part for at, part in enumerate(parts))
