"""Words as the index keeps them: without case and accents, and whatever their ending.

The index of either database is given finished tokens, so that both find the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import filterfalse

from app.core.text.plain import fold

#: longer ones are no words that anybody types
MOST_LETTERS = 40
#: words that say nothing of what a text is about
SILENT = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "here",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "more",
        "most",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "on",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "s",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "up",
        "us",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
WORD = re.compile(r"[^\W_]+", re.UNICODE)
_APOSTROPHE = re.compile(r"(?<=[^\W_])'(?=[^\W_])")
_IRREGULAR = {
    "children": "child",
    "people": "person",
    "persons": "person",
    "men": "man",
    "women": "woman",
    "lives": "life",
    "wives": "wife",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "buses": "bus",
    "busses": "bus",
    "taught": "teach",
    "built": "build",
    "paid": "pay",
    "heard": "hear",
    "kept": "keep",
    "news": "news",
}
_VOWEL = re.compile("[aeiouy]")
_DOUBLED = re.compile(r"([bdfgmnprt])\1\Z")
#: an ending, what stands in its place, and how many letters must remain
_ENDINGS = (
    ("ization", "iz", 3),
    ("isation", "iz", 3),
    ("ising", "iz", 3),
    ("ised", "iz", 3),
    ("ise", "iz", 4),
    ("fulness", "", 4),
    ("ments", "", 4),
    ("ment", "", 4),
    ("ness", "", 4),
    ("ingly", "", 4),
    ("edly", "", 4),
    ("ings", "", 3),
    ("ing", "", 3),
    ("ied", "i", 2),
    ("ed", "", 3),
    ("ly", "", 4),
)


def words_of(text: str) -> list[str]:
    """Letters and digits alone, folded; ``it's`` is one word."""
    folded = text.lower() if text.isascii() else fold(text)
    if "'" in folded:
        folded = _APOSTROPHE.sub("", folded)
    return WORD.findall(folded)


def stems_of(text: str) -> Iterator[str]:
    """The stems of those of its words that say something, in their order."""
    return map(stem_of, filterfalse(SILENT.__contains__, words_of(text)))


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """What the forms of a folded word have in common: ``libraries`` and ``library``, ``parked`` and ``parking``."""
    word = word[:MOST_LETTERS]
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    return _shortened(_IRREGULAR.get(word) or _singular(word))


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


def _shortened(word: str) -> str:
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            if len(stem) >= least and _VOWEL.search(stem):
                word = _DOUBLED.sub(r"\1", stem) + instead
            break
    if len(word) > 6 and word.endswith(("sion", "tion")):
        word = word[:-3]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word.endswith("y") and word[-2] not in "aeiou" else word
