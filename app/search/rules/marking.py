"""Why something was found: the words of the search in its title, and in the passage around the first of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from app.core.text.plain import tidy_line
from app.search.rules.query import Query
from app.search.rules.words import stem_of, words_of

BEFORE, AFTER = 60, 180
#: signs that only format a text, and where a link leads
_FORMATTING = re.compile(
    r"\*\*|__|`|^#{1,6} |^> |^[*-] |(?<!\w)[*_]|[*_](?!\w)|\[([^\]\n]*)\]\([^)\s]*\)", re.MULTILINE
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)


class Piece(NamedTuple):
    text: str
    is_meant: bool


class Marker:
    """The words of one search, as they are looked for in what it found. ``begun``: its last word may go on."""

    def __init__(self, query: Query, *, begun: bool = False) -> None:
        self._stems = set(query.stems)
        self._begun = query.words[-1] if begun and query.words else ""
        starts = {stem[: max(3, len(stem) - 1)] for stem in self._stems} | ({self._begun} - {""})
        self._starts = starts if all(start.isascii() for start in starts) else None

    def pieces(self, line: str) -> list[Piece]:
        """The line cut where words of the search begin and end."""
        found, at = [], 0
        for begins, ends in self._places(line):
            if begins > at:
                found.append(Piece(line[at:begins], False))
            found.append(Piece(line[begins:ends], True))
            at = ends
        if at < len(line):
            found.append(Piece(line[at:], False))
        return found

    def excerpt(self, text: str) -> list[Piece]:
        """What stands around the first of the words; else how the text begins."""
        first = next(iter(self._places(text, first=True)), (0, 0))[0]
        begins, ends = _around(text, first)
        passage = _FORMATTING.sub(r"\1", text[begins:ends])
        pieces = self.pieces(" ".join(passage.split()) if passage.isascii() else tidy_line(passage))
        before, after = ([Piece("…", False)] if cut else [] for cut in (begins > 0, ends < len(text.rstrip())))
        return [*before, *pieces, *after]

    def _places(self, line: str, *, first: bool = False) -> Sequence[tuple[int, int]]:
        """Where words of the search stand; ``first``: one of those alone, the first."""
        if self._starts is None or not line.isascii():
            words = ((m.start(), m.end()) for m in _WORD.finditer(line) if any(map(self._is_meant, words_of(m[0]))))
            return list(islice(words, 1 if first else None))
        lower = line.lower()
        found = {place for start in self._starts for place in self._ascii_places(lower, start, first=first)}
        return sorted(found)[: 1 if first else None]

    def _ascii_places(self, lower: str, start: str, *, first: bool) -> Iterator[tuple[int, int]]:
        at = lower.find(start)
        while at >= 0:
            ends = _end_of_word(lower, at)
            if not (at and lower[at - 1].isalnum()) and self._is_meant(lower[at:ends].replace("'", "")):
                yield at, ends
                if first:
                    return
            at = lower.find(start, ends)

    def _is_meant(self, word: str) -> bool:
        return stem_of(word) in self._stems or (bool(self._begun) and word.startswith(self._begun))


def _end_of_word(lower: str, at: int) -> int:
    end = at + 1
    while end < len(lower) and (lower[end].isalnum() or (lower[end] == "'" and lower[end + 1 : end + 2].isalnum())):
        end += 1
    return end


def has_passages(query: Query, text: str) -> bool:
    """Whether a text has every passage of a search word for word, whatever stands between its words."""
    words = " ".join(words_of(text))
    padded = f" {words} "
    return all(f" {' '.join(passage)} " in padded for passage in query.passages)


def _around(line: str, at: int) -> tuple[int, int]:
    """Where a passage around this place begins and ends: between words."""
    first = at - BEFORE
    first = 0 if first <= 0 else line.find(" ", first, at) + 1 or at
    if len(line) <= at + AFTER:
        return first, len(line)
    last = line.rfind(" ", at + 1, at + AFTER)
    return first, last if last > at else at + AFTER
