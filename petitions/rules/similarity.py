"""How like two requests are: by the words that say something, each weighing the more the rarer it is."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.core.text.plain import fold

MOST_WORDS = 10
#: letters that a word is known by once its ending is off; shorter ones stand for themselves
STEM = 6
SHORT = 3
#: what a word counts in the title, and where only the background has it
IN_TITLE, IN_BACKGROUND = 1.0, 0.6
#: a word that nobody has ever written may be misspelt: so like another it must be, and so much it counts
NEAR, IF_NEAR = 0.65, 0.7
#: what falls short of this share of the request's weight is about something else
LEAST = 0.18

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_SMALL = frozenset(
    """
    a about above after again against all also an and another any anyone are as at away back be because been before
    being between both but by can cannot could did do does doing down each ensure every everyone for from further get
    give go had has have having he her here him his how i if in instead into introduce is it its just let like made
    make makes many may me more most must my need needs never no nor not now of off on once one only or other our out
    over own please put require same she should since so some stop such take than that the their them then there these
    they this those through to too under until up upon us use very want was we were what when where which while who
    whom why will with within without would you your
    """.split()  # noqa: SIM905
)
#: an ending, and what stands in its place
_ENDINGS = (
    *((ending, "") for ending in ("ingly", "ings", "ing", "edly", "ied", "ies", "ed", "ers", "er", "ely", "ly")),
    *((ending, ending[:-2]) for ending in ("sses", "uses", "xes", "zes", "ches", "shes")),
    ("ss", "ss"),
    ("us", "us"),
    ("s", ""),
)


@dataclass(frozen=True)
class Text:
    """What is compared of a petition."""

    title: str
    background: str


def significant(title: str) -> dict[str, str]:
    """The words of a title that say something: stem to the word as it was first written, in their order."""
    found: dict[str, str] = {}
    for word in _WORD.findall(fold(title)):
        if word not in _SMALL and (len(word) > 1 or word.isdigit()):
            found.setdefault(stem(word), word)
    return dict(list(found.items())[:MOST_WORDS])


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A beginning that a word shares with its own other forms; near enough, not grammar."""
    for ending, left in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(left) > 2:
            word = word[: len(word) - len(ending)] + left
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "slaeiou":
        word = word[:-1]
    if len(word) > 4 and word[-1] in "ey":
        word = word[:-1]
    return word[:STEM]


def weights(found_in: Mapping[str, int], petitions: int) -> dict[str, float]:
    """By stem: how much each word tells, of how many petitions it is found in."""
    return {s: math.log(1 + (petitions + 1) / (1 + min(n, petitions))) for s, n in found_in.items()}


class Likeness:
    """How like petitions are to one request. ``weighed``: see :func:`weights`.

    ``unknown`` are those words that no petition has: they count where the title has one like it.
    """

    def __init__(self, weighed: Mapping[str, float], unknown: Collection[str] = ()) -> None:
        self.weighed, self.unknown, self.total = weighed, frozenset(unknown), sum(weighed.values())
        # a stem is the beginning of its word: only words that begin so are worth taking apart. Whether a find
        # is a beginning is asked of it afterwards: a pattern that asked first would stop at every letter
        begun = "|".join(sorted(map(re.escape, weighed), key=len, reverse=True))
        self._perhaps = re.compile(rf"(?:{begun})[^\W_]*" if begun else r"(?!)", re.UNICODE)

    def share(self, text: Text) -> float:
        """The share of the request's weight that a petition has, from 0 to 1."""
        title = fold(text.title)
        in_title = self._stems(title)
        behind = self._stems(fold(text.background)) if len(in_title) < len(self.weighed) else frozenset()
        got = sum(w * self._counted(s, in_title, behind, title) for s, w in self.weighed.items())
        return got / self.total if self.total else 0.0

    def _stems(self, folded: str) -> frozenset[str]:
        found = self._perhaps.finditer(folded)
        words = [m.group() for m in found if not m.start() or not folded[m.start() - 1].isalnum()]
        return frozenset(map(stem, words)) & self.weighed.keys()

    def _counted(self, wanted: str, in_title: frozenset[str], behind: frozenset[str], title: str) -> float:
        if wanted in in_title:
            return IN_TITLE
        if wanted in behind:
            return IN_BACKGROUND
        return _if_near(wanted, frozenset(map(stem, _WORD.findall(title)))) if wanted in self.unknown else 0.0


def likeness(weighed: Mapping[str, float], text: Text, unknown: Collection[str] = ()) -> float:
    """The share of a request's weight that one petition has; see :class:`Likeness`."""
    return Likeness(weighed, unknown).share(text)


def _if_near(wanted: str, stems: frozenset[str]) -> float:
    if len(wanted) <= SHORT:
        return 0.0
    return IF_NEAR if any(_resemblance(wanted, s) >= NEAR for s in stems if len(s) > SHORT) else 0.0


def _resemblance(one: str, other: str) -> float:
    """Dice's coefficient of the pairs of letters."""
    a, b = trigrams(one, 2), trigrams(other, 2)
    return 2 * len(a & b) / (len(a) + len(b))


def trigrams(word: str, length: int = 3) -> frozenset[str]:
    """Every run of so many letters."""
    return frozenset(word[i : i + length] for i in range(len(word) - length + 1))
