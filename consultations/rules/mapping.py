"""Which clause of a new text came from which of the old.

A clause keeps its number in our records from version to version. Machines only suggest: :func:`suggest` proposes a
:class:`Mapping`, a person confirms or corrects it, and :func:`settle` works out what becomes of every old clause.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

import msgspec

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import fold
from consultations.rules.clauses import Block

#: shares between 0 and 1: from here on two clauses are one that changed; one holds enough of the other
ALIKE, HOLDS = 0.5, 0.6
#: of how many old clauses, those with most words in common, each new one is compared word by word
MOST_COMPARED = 6
_WORDS = re.compile(r"\w+", re.UNICODE)


class Known(NamedTuple):
    """A clause of the version before."""

    id: int
    block: Block


class Mapping(msgspec.Struct, frozen=True):
    """``origins``: for each new clause the old one it came from, or None. ``into``: old clauses that were put into a
    new one beside its origin, by the place of that one, counted from 0."""

    origins: tuple[int | None, ...]
    into: dict[int, int] = {}


@dataclass(frozen=True)
class Clause:
    """A clause of the new version. ``id``: the old clause that it goes on as; None: it gets one of its own."""

    block: Block
    id: int | None
    sources: tuple[int, ...] = ()


@dataclass(frozen=True)
class Settled:
    """The new version, and the old clauses that end with it; ``merged``: where the words of some of them went."""

    clauses: tuple[Clause, ...]
    removed: tuple[int, ...]
    merged: Map[int, int] = field(default_factory=dict)


def suggest(old: Sequence[Known], new: Sequence[Block]) -> Mapping:
    """Exactly the same first, then what is alike, then what was split off an old clause or put into a new one."""
    before = _Index({k.id: _Words(k.block.text) for k in old})
    after = _Index({place: _Words(b.text) for place, b in enumerate(new)})
    origins = _same(before.texts, after.texts)
    _pair(_likenesses(before, after, origins), origins)
    kept = set(origins.values())
    for place, words in after.texts.items():
        if place not in origins and (source := before.holding(words)) is not None:
            origins[place] = source
    free = {one: words for one, words in before.texts.items() if one not in kept and one not in origins.values()}
    into = {one: at for one, words in free.items() if (at := after.holding(words)) is not None}
    return Mapping(tuple(origins.get(place) for place in range(len(new))), into)


def settle(old: Sequence[Known], new: Sequence[Block], mapping: Mapping) -> Settled:
    """What a person confirmed, carried out: each old clause goes on as one new clause, or is removed."""
    known = {k.id: k.block for k in old}
    if len(mapping.origins) != len(new) or any(o is not None and o not in known for o in mapping.origins):
        raise BadField(str(_("The clauses do not fit the text any more. Map them again.")))
    keepers = _keepers(known, new, mapping.origins)
    ended = tuple(k.id for k in old if k.id not in keepers.values())
    merged = {o: at for o, at in mapping.into.items() if o in ended and 0 <= at < len(new)}
    clauses = []
    for place, (block, origin) in enumerate(zip(new, mapping.origins, strict=True)):
        sources = [] if origin is None else [origin]
        sources += [o for o, at in merged.items() if at == place and o != origin]
        clauses.append(Clause(block, keepers.get(place), tuple(sources)))
    return Settled(tuple(clauses), ended, merged)


def likeness(one: Block, other: Block) -> float:
    """Between 0 and 1: how much of both is the same words in the same order."""
    return _Words(one.text).like(_Words(other.text))


def _keepers(known: Map[int, Block], new: Sequence[Block], origins: Sequence[int | None]) -> dict[int, int]:
    """By place, the old clause that goes on there: of several that came from it the one most like it."""
    found: dict[int, tuple[float, int]] = {}
    for place, origin in enumerate(origins):
        if origin is None:
            continue
        alone = origins.count(origin) == 1
        like = 1.0 if alone else likeness(known[origin], new[place])
        if origin not in found or like > found[origin][0]:
            found[origin] = (like, place)
    return {place: origin for origin, (_like, place) in found.items()}


class _Words:
    """A text as words, compared by what it shares with another."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.list = _WORDS.findall(self.folded)
        self.bag = Counter(self.list)

    def shared(self, other: _Words) -> int:
        """At most so many words can be the same: cheap, and never too low."""
        small, large = sorted((self.bag, other.bag), key=len)
        return sum(min(n, large[word]) for word, n in small.items())

    def like(self, other: _Words) -> float:
        both = len(self.list) + len(other.list)
        return 2 * self._in_order(other) / both if both else 1.0

    def held_by(self, other: _Words) -> float:
        return self._in_order(other) / len(self.list) if self.list else 0.0

    def _in_order(self, other: _Words) -> int:
        matcher = SequenceMatcher(None, self.list, other.list, autojunk=False)
        return sum(block.size for block in matcher.get_matching_blocks())


class _Index:
    """Texts by their words: of a thousand clauses only those are compared that share rare words."""

    def __init__(self, texts: Map[int, _Words]) -> None:
        self.texts = texts
        self._having: dict[str, list[int]] = {}
        for one, words in texts.items():
            for word in words.bag:
                self._having.setdefault(word, []).append(one)
        self._common = max(20, len(texts) // 5)

    def near(self, words: _Words, among: Container[int] | None = None) -> list[int]:
        """The few that share most, rare words counting for more."""
        scores: Counter[int] = Counter()
        for word in words.bag:
            having = self._having.get(word, ())
            if len(having) <= self._common:
                scores.update({one: 1 / len(having) for one in having if among is None or one in among})  # type: ignore[dict-item]
        return sorted(scores, key=lambda one: (-scores[one], one))[:MOST_COMPARED]

    def holding(self, words: _Words) -> int | None:
        """The text that holds most of these words in their order; None where none holds enough."""
        if len(words.list) < 3:
            return None
        shares = [(words.held_by(self.texts[one]), -one) for one in self.near(words)]
        share, one = max(shares, default=(0.0, 0))
        return -one if share >= HOLDS else None


def _same(before: Map[int, _Words], after: Map[int, _Words]) -> dict[int, int]:
    """Word for word the same; where several are, in their order."""
    waiting: dict[str, list[int]] = {}
    for one, words in before.items():
        waiting.setdefault(words.folded, []).append(one)
    found = {}
    for place, words in after.items():
        if places := waiting.get(words.folded):
            found[place] = places.pop(0)
    return found


def _likenesses(before: _Index, after: _Index, origins: Map[int, int]) -> list[tuple[float, int, int]]:
    """(how alike, place, old clause) of those that have no partner yet, the most alike first."""
    free = before.texts.keys() - origins.values()
    found = []
    for place, words in after.texts.items():
        if place not in origins:
            likes = [(_like_enough(words, before.texts[one]), one) for one in before.near(words, free)]
            found += [(like, place, one) for like, one in likes if like is not None]
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))


def _like_enough(one: _Words, other: _Words) -> float | None:
    both = len(one.list) + len(other.list)
    if not both or 2 * one.shared(other) / both < ALIKE:
        return None
    like = one.like(other)
    return like if like >= ALIKE else None


def _pair(likenesses: Sequence[tuple[float, int, int]], origins: dict[int, int]) -> None:
    taken = set(origins.values())
    for _like, place, one in likenesses:
        if place not in origins and one not in taken:
            origins[place] = one
            taken.add(one)
