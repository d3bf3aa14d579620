"""Words that are spelt nearly like another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.search.rules.words import SILENT

#: shorter words have too many neighbours
LEAST_LETTERS, MOST_LETTERS = 4, 24
#: from so many letters on two slips are forgiven
TWO_SLIPS_FROM = 7


@lru_cache(maxsize=65_536)
def is_kept(word: str) -> bool:
    """Whether a folded word may be what another one was meant to be."""
    return LEAST_LETTERS - 1 <= len(word) <= MOST_LETTERS and word.isalpha() and word not in SILENT


def may_be_wrong(word: str) -> bool:
    return LEAST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha()


def slips_of(word: str) -> int:
    """How many slips of the finger a word of this length is forgiven."""
    return 2 if len(word) >= TWO_SLIPS_FROM else 1


def parts_kept(word: str) -> set[str]:
    """The word, and what is left of it where one letter is missing."""
    return {word, *_without_one(word)}


def parts_asked(word: str) -> set[str]:
    """What a misspelt word is looked up by: itself without one letter, or without two where two slips are forgiven."""
    one = {word, *_without_one(word)}
    return one if slips_of(word) == 1 else one.union(*map(_without_one, one))


def likeliest(word: str, candidates: Iterable[tuple[str, int]]) -> str | None:
    """Of known words and how many texts have each, the one that was meant: the nearest one, then the commonest one."""
    near = [
        (slips, right[0] != word[0], -texts, right)
        for right, texts in candidates
        if right != word and (slips := distance(word, right, slips_of(word))) is not None
    ]
    return min(near)[3] if near else None


def distance(one: str, other: str, most: int) -> int | None:
    """Letters left out, put in, mistaken, or two neighbours swapped; None where these are more than ``most``."""
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        longer, before, row = before, row, [at]
        for place, there in enumerate(other, 1):
            least = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != there))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == there:
                least = min(least, longer[place - 2] + 1)
            row.append(least)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def _without_one(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
