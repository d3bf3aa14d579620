"""Words looked for in texts that no index has read: whatever their ending, their accents and their case."""

from __future__ import annotations

import re

from app.core.text.plain import fold, tidy_line

MOST_WORDS = 12
BEFORE, AFTER = 70, 170
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
#: what a word may be without, and still be meant
_ENDINGS = re.compile(r"(?:ings?|edly|ed|e?s|ly)\Z")
_SHORT = 3


def words_of(text: str) -> list[str]:
    """Letters and digits alone, so that no sign can be an operator."""
    return _WORD.findall(fold(text))[:MOST_WORDS]


class Wanted:
    """The words of a search: a text has them where it has a form of every one."""

    def __init__(self, text: str) -> None:
        self.words = words_of(text)
        self._each = [_form(word) for word in self.words]

    def __bool__(self) -> bool:
        return bool(self.words)

    def are_in(self, text: str) -> bool:
        folded = fold(text)
        return all(form.search(folded) for form in self._each)

    def excerpt(self, *texts: str) -> str:
        """Of the first text that has one of the words, what stands around it; else how the first one begins."""
        lines = [tidy_line(text) for text in texts if text.strip()]
        for line in lines:
            if (at := self._place(line)) is not None:
                return _around(line, at)
        return _around(lines[0], 0) if lines else ""

    def _place(self, line: str) -> int | None:
        if line.isascii() and "_" not in line:  # folding moves no letter of it
            folded = line.lower()
            places = [word.start() for form in self._each if (word := form.search(folded))]
            return min(places, default=None)
        found = (w.start() for w in _WORD.finditer(line) if any(f.search(fold(w[0])) for f in self._each))
        return next(found, None)


def _form(word: str) -> re.Pattern[str]:
    """``mending`` is also meant by ``mended`` and ``mends``; a number is meant as it is."""
    if word.isdigit():
        return re.compile(rf"\b{word}\b")
    stem = _ENDINGS.sub("", word)
    stem = stem if len(stem) >= _SHORT else word
    return re.compile(rf"\b{re.escape(stem)}[^\W_]{{0,4}}\b")


def _around(line: str, at: int) -> str:
    """Cut between words, with an ellipsis where something is left out."""
    first = _after_space(line, at - BEFORE) if at > BEFORE else 0
    last = line.rfind(" ", at, at + AFTER) if len(line) > at + AFTER else len(line)
    last = at + AFTER if last <= at else last
    return ("…" if first else "") + line[first:last].strip() + ("…" if last < len(line) else "")


def _after_space(line: str, at: int) -> int:
    space = line.find(" ", at, at + BEFORE)
    return space + 1 if space >= 0 else at
