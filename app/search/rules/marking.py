"""Why something was found: the words of the search in its title, and in the passage around the first of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
        self._begun = query.words[-1] if begun and query.words else None
        starts = {stem[: max(3, len(stem) - 1)] for stem in self._stems} | ({self._begun} if self._begun else set())
        either = "|".join(sorted(map(re.escape, starts)))
        self._likely = re.compile(rf"\b(?:{either})\w*", re.IGNORECASE) if starts and _are_ascii(starts) else None

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
        plain = _FORMATTING.sub(r"\1", text)
        line = " ".join(plain.split()) if plain.isascii() else tidy_line(plain)
        first = next(iter(self._places(line)), (0, 0))[0]
        return self.pieces(_around(line, first))

    def _places(self, line: str) -> Sequence[tuple[int, int]]:
        if self._likely is not None and line.isascii():
            return [(m.start(), m.end()) for m in self._likely.finditer(line) if self._is_meant(m[0].lower())]
        return [(m.start(), m.end()) for m in _WORD.finditer(line) if any(map(self._is_meant, words_of(m[0])))]

    def _is_meant(self, word: str) -> bool:
        return stem_of(word) in self._stems or (self._begun is not None and word.startswith(self._begun))


def has_passages(query: Query, text: str) -> bool:
    """Whether a text has every passage of a search word for word, whatever stands between its words."""
    words = " ".join(words_of(text))
    padded = f" {words} "
    return all(f" {' '.join(passage)} " in padded for passage in query.passages)


def _are_ascii(starts: set[str]) -> bool:
    return all(start.isascii() for start in starts)


def _around(line: str, at: int) -> str:
    """Cut between words, with an ellipsis where something is left out."""
    first = at - BEFORE
    first = 0 if first <= 0 else line.find(" ", first, at) + 1 or at
    last = line.rfind(" ", at, at + AFTER) if len(line) > at + AFTER else len(line)
    last = at + AFTER if last <= at else last
    return ("…" if first else "") + line[first:last].strip() + ("…" if last < len(line) else "")
