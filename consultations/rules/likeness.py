"""Letters that are nearly alike: found by shingles and MinHash, deterministic, one text after another.

A campaign gives people a letter; many send it as it is, some add a sentence, a few turn one round. Grouping them
saves reading the same words a thousand times. It never makes one person of two, and what somebody wrote of their own
is pulled out to be read.

Every text is cut into shingles of three words. Its signature has the smallest hash of its shingles in each of
:data:`PLACES` places (one-permutation MinHash); texts that agree in a band of the signature, or in whole sentences,
are looked at together, and belong together where their shingles themselves say so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from app.core.i18n import _
from app.core.text.plain import fold

SEED = 2026
PLACES, BAND = 64, 4
_BITS = 64
_MASK = (1 << _BITS) - 1
#: odd, so that multiplying by them loses nothing
_FIRST, _SECOND, _THIRD = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_EMPTY = -1
#: shared of all shingles of two texts; or of the shorter one's, where the other one says more
ALIKE, CONTAINED = 0.5, 0.7
FEWEST_SHINGLES = 12
#: a group of fewer letters is no campaign
FEWEST = 3
#: groups that a text is compared with, at most: those that share most with it
MOST_LOOKED_AT = 12
_LONG_SENTENCE = 6
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?", re.UNICODE)
_SENTENCE = re.compile(r"[^.!?…。！？؟\n]+[.!?…。！？؟]*")


class Own(StrEnum):
    """What a letter has of its own. The strongest stands last."""

    NOTHING = "nothing"
    ADDED = "added"
    CHANGED = "changed"
    OPPOSITE = "opposite"


OWN_NAMES = {
    Own.NOTHING: _("As the others have it"),
    Own.ADDED: _("Adds sentences"),
    Own.CHANGED: _("Changes sentences"),
    Own.OPPOSITE: _("May say the opposite"),
}


def words_of(text: str) -> list[str]:
    return _WORD.findall(fold(text))


class Words:
    """Hashes of words, worked out once each: the same for the same seed, on every machine."""

    def __init__(self, seed: int = SEED) -> None:
        self._key = seed.to_bytes(8, "big")
        self._known: dict[str, int] = {}

    def __getitem__(self, word: str) -> int:
        found = self._known.get(word)
        if found is None:
            digest = blake2b(word.encode(), digest_size=8, key=self._key).digest()
            found = self._known[word] = int.from_bytes(digest, "big")
        return found

    def shingles(self, words: Sequence[str]) -> set[int]:
        """Of every three words in a row one number; of fewer words one of all."""
        hashes = [self[w] for w in words]
        if len(hashes) < 3:
            return {sum(h * _FIRST for h in hashes) & _MASK} if hashes else set()
        firsts = [h * _FIRST for h in hashes]
        seconds = [h * _SECOND for h in hashes[1:]]
        thirds = [h * _THIRD for h in hashes[2:]]
        made = {(a + b + c) & _MASK for a, b, c in zip(firsts, seconds, thirds, strict=False)}
        return {(m ^ (m >> 29)) * _FIRST & _MASK for m in made}


def signature(shingles: Iterable[int]) -> list[int]:
    """The smallest hash in each place; a place without one has what the next one has."""
    places = [_EMPTY] * PLACES
    for shingle in sorted(shingles, reverse=True):
        places[shingle % PLACES] = shingle // PLACES  # the smallest comes last, and stays
    filled = [p for p, value in enumerate(places) if value != _EMPTY]
    if not filled or len(filled) == PLACES:
        return places
    following = filled[0]
    for place in range(PLACES - 1, -1, -1):
        if places[place] == _EMPTY:
            steps = (following - place) % PLACES
            places[place] = places[following] + steps * _SECOND & _MASK
        else:
            following = place
    return places


def bands(places: Sequence[int]) -> list[tuple[int, ...]]:
    """Keys of which two texts that are alike have one in common, very probably."""
    return [(start, *places[start : start + BAND]) for start in range(0, PLACES, BAND)]


def overlap(one: set[int], other: set[int]) -> bool:
    """Whether two texts are one letter: most of all, or nearly all of the shorter one."""
    both = len(one & other)
    if both >= ALIKE * (len(one) + len(other) - both):
        return True
    shorter = min(len(one), len(other))
    return shorter >= FEWEST_SHINGLES and both >= CONTAINED * shorter


@dataclass
class Cluster:
    """Texts found alike: the shingles of its first, and the numbers of all of them."""

    shingles: set[int]
    members: list[int] = field(default_factory=list)


class Gathering:
    """Gathers texts into clusters, each text looked at once; the outcome depends on the order of the texts alone."""

    def __init__(self, seed: int = SEED) -> None:
        self._words = Words(seed)
        self.clusters: list[Cluster] = []
        self._by_band: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        self._by_sentence: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self._same: dict[tuple[str, ...], int] = {}
        self.count = 0

    def add(self, number: int, text: str) -> None:
        """``number``: of its response. An empty text is nobody's copy."""
        words = tuple(words_of(text))
        if not words:
            return
        self.count += 1
        known = self._same.get(words)
        if known is None:
            known = self._same[words] = self._place(words, text)
        self.clusters[known].members.append(number)

    def _place(self, words: tuple[str, ...], text: str) -> int:
        shingles = self._words.shingles(words)
        keys = bands(signature(shingles))
        whole = _long_sentences(text)
        for candidate in self._candidates(keys, whole):
            if overlap(shingles, self.clusters[candidate].shingles):
                return candidate
        made = len(self.clusters)
        self.clusters.append(Cluster(shingles))
        for key in keys:
            self._by_band[key].append(made)
        for sentence in whole:
            self._by_sentence[sentence].append(made)
        return made

    def _candidates(self, keys: Sequence[tuple[int, ...]], whole: Iterable[tuple[str, ...]]) -> list[int]:
        """Those that share most first; the older of two that share as much."""
        shared: Counter[int] = Counter()
        for key in keys:
            for cluster in self._by_band.get(key, ())[:MOST_LOOKED_AT]:
                shared[cluster] += 1
        for sentence in whole:
            for cluster in self._by_sentence.get(sentence, ())[:MOST_LOOKED_AT]:
                shared[cluster] += 1
        return [c for c, _n in sorted(shared.items(), key=lambda item: (-item[1], item[0]))][:MOST_LOOKED_AT]

    def groups(self, fewest: int = FEWEST) -> list[list[int]]:
        """The largest first, each in the order in which its texts came."""
        large = [c.members for c in self.clusters if len(c.members) >= fewest]
        return sorted(large, key=lambda members: (-len(members), members[0]))


def _long_sentences(text: str) -> set[tuple[str, ...]]:
    found = (tuple(words_of(s)) for s in sentences_of(text))
    return {words for words in found if len(words) >= _LONG_SENTENCE}


def sentences_of(text: str) -> list[str]:
    """In their order, without space around them; what has no word is none."""
    found = (s.strip() for s in _SENTENCE.findall(text))
    return [s for s in found if _WORD.search(s)]


def template_of(texts: Mapping[int, str]) -> str:
    """What most of them sent, as one of them has it: the commonest text, or where all differ the one that has most
    of the sentences that at least half of them have, and fewest others."""
    counted = Counter(tuple(words_of(t)) for t in texts.values())
    commonest, often = counted.most_common(1)[0]
    if often > 1:
        return next(t for t in texts.values() if tuple(words_of(t)) == commonest)
    each = {number: {tuple(words_of(s)) for s in sentences_of(t)} for number, t in texts.items()}
    spread = Counter(s for own in each.values() for s in own)
    common = {s for s, n in spread.items() if n * 2 >= len(texts)}
    best = min(each, key=lambda n: (len(each[n] - common) - 2 * len(each[n] & common), n))
    return texts[best]


class Difference(NamedTuple):
    """What one letter has of its own against the template. ``changed``: (the common sentence, its own)."""

    own: Own
    added: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    missing: int = 0


class Template:
    """A group's common text, ready to compare thousands of letters with."""

    def __init__(self, text: str) -> None:
        self.words = tuple(words_of(text))
        self.sentences = [(s, tuple(words_of(s))) for s in sentences_of(text)]
        self._known = {words for _s, words in self.sentences}
        self._seen: dict[tuple[str, ...], Difference] = {}

    def difference(self, text: str) -> Difference:
        words = tuple(words_of(text))
        if words == self.words:
            return Difference(Own.NOTHING)
        found = self._seen.get(words)
        if found is None:
            found = self._seen[words] = self._compare(text)
        return found

    def _compare(self, text: str) -> Difference:
        own = [(s, tuple(words_of(s))) for s in sentences_of(text)]
        has = {words for _s, words in own}
        free = [(s, words) for s, words in self.sentences if words not in has]
        added, changed = [], []
        for sentence, words in own:
            if words in self._known:
                continue
            nearest = _nearest(words, free)
            if nearest is None:
                added.append((sentence, words))
            else:
                free.remove(nearest)
                changed.append((nearest, (sentence, words)))
        kind = Own.CHANGED if changed or free else Own.ADDED if added else Own.NOTHING
        if any(turns_round(a[1], b[1]) for a, b in changed) or (free and _drops_a_no(free)):
            kind = Own.OPPOSITE
        pairs = tuple((common, mine) for (common, _w), (mine, _v) in changed)
        return Difference(kind, tuple(s for s, _w in added), pairs, len(free))


Sentence = tuple[str, tuple[str, ...]]


def _nearest(words: tuple[str, ...], free: Sequence[Sentence]) -> Sentence | None:
    """The common sentence that this one is a form of, if any."""
    best, most = None, 0.55
    for sentence in free:
        ratio = SequenceMatcher(None, sentence[1], words, autojunk=False).ratio()
        if ratio > most:
            best, most = sentence, ratio
    return best


#: words that turn a sentence round, in the languages that sites of this kind were used in
_NO = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nothing",
        "neither",
        "nor",
        "without",
        "cannot",
        "against",
        "oppose",
        "opposes",
        "opposed",
        "object",
        "objects",
        "reject",
        "rejects",
        "disagree",
        "disagrees",
        "refuse",
        "refuses",
        "stop",
        "scrap",
        "unfair",
        "wrong",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "nie",
        "ohne",
        "gegen",
        "ne",
        "pas",
        "jamais",
        "sans",
        "contre",
        "nunca",
        "jamas",
        "sin",
        "contra",
        "nao",
        "nem",
        "sem",
        "non",
        "mai",
        "senza",
        "contro",
        "niet",
        "geen",
        "nooit",
        "tegen",
        "ddim",
        "nid",
        "nad",
        "peidiwch",
        "byth",
        "heb",
        "yn-erbyn",
        "nie",
        "bez",
        "przeciw",
        "inte",
        "aldrig",
        "utan",
        "mot",
    ]
)
_YES = frozenset(
    [
        "support",
        "supports",
        "agree",
        "agrees",
        "favour",
        "favor",
        "welcome",
        "approve",
        "keep",
        "back",
        "fair",
        "right",
        "accept",
        "accepts",
        "dafur",
        "zustimme",
        "unterstutze",
        "pour",
        "soutiens",
        "apoyo",
        "favor",
        "apoio",
        "cefnogi",
        "cytuno",
    ]
)
_SHORT_NO = re.compile(r"n't\Z")


def _turns(words: Iterable[str]) -> Counter[str]:
    """Every word in it by which it says no, or yes."""
    return Counter("no" if w in _NO or _SHORT_NO.search(w) else w for w in words if w in _NO | _YES or "n't" in w)


def turns_round(common: Sequence[str], mine: Sequence[str]) -> bool:
    """Whether two forms of a sentence differ in a word that says yes or no. A hint for a reader, who decides."""
    return _turns(common) != _turns(mine)


def _drops_a_no(missing: Sequence[Sentence]) -> bool:
    """What was left out said no: the rest may say something else."""
    return any("no" in _turns(words) for _s, words in missing)
