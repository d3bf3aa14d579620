"""Words that petitions are searched for: SQLite by FTS5, PostgreSQL by tsvector."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    String,
    Text,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from app.core import ready
from app.core.text.plain import fold, tidy_line
from petitions.queries.members import bits_of, gathered, ids_in, ids_of, members_of, size_of

MOST_WORDS = 12
#: bytes of who has which common words
MOST_COMMON = 32_000_000
#: in the place of bits, of a word that the index leaves out, such as "the" on PostgreSQL: it asks for nothing
SILENT = -1
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@dataclass(frozen=True)
class Holding:
    """Who has the words of a search. ``ids``: all of them as one value of the database where they are few;
    ``bits``: see :mod:`petitions.queries.members`, where they are many."""

    query: str
    ids: str | None
    bits: int = 0
    none: bool = False


def words_of(q: str) -> list[str]:
    """What a search looks for: letters and digits alone, so that no sign can be an operator."""
    return _WORD.findall(tidy_line(q))[:MOST_WORDS]


def matching(db: Session, words: Sequence[str], *, begun: bool = False) -> Select[int]:
    """Ids of petitions whose text has every word in some form of it; ``begun``: or a word that begins so."""
    return having(db).params(words=query_of(db, words, begun=begun))


def having(db: Session) -> Select[int]:
    """The same for the value ``words`` that a request brings along; see :func:`query_of`."""
    if ready.is_sqlite(db):
        found = table("petitions_search", column("rowid", BigInteger))
        return select(found.c.rowid).where(
            text("petitions_search MATCH :words").bindparams(ready.given("words", String()))
        )
    found = table("petitions_search", column("petition_id", BigInteger), column("document"))
    query = func.to_tsquery(literal_column("'english'"), ready.given("words", Text()))
    return select(found.c.petition_id).where(found.c.document.op("@@")(query))


def query_of(db: Session, words: Sequence[str], *, begun: bool = False) -> str:
    """These words in the database's own language."""
    end = ("*" if ready.is_sqlite(db) else ":*") if begun else ""
    if ready.is_sqlite(db):
        return " AND ".join(_either(w, end) for w in words)
    return " & ".join(f"{part}{end}" for w in words for part in _WORD.findall(fold(w)))


def _either(word: str, end: str) -> str:
    """A word as it was typed, whose accents FTS5 takes off by itself, or as we fold it: it keeps an ß.

    Capitals mean nothing to it either, so that a word that is remembered is known in both."""
    forms = dict.fromkeys((word.lower() if word.isascii() else word, *_WORD.findall(fold(word))))
    return "(" + " OR ".join(f'"{w}"{end}' for w in forms) + ")"


def holding(db: Session, words: Sequence[str], *, few: int, common: CommonWords | None = None) -> Holding:
    """Who has all of these words, or where nobody has, words that begin so; ``common``: what is remembered of words."""
    common = common or CommonWords()
    for begun in (False, True):
        query = query_of(db, words, begun=begun)
        each = [query] if begun else [query_of(db, [w]) for w in words]
        bits = common.known(query, each)
        if bits.bit_count() > few:
            return Holding(query, None, bits)
        if not begun and (found := _narrowed(db, words, few, common)):
            return Holding(query, ready.as_one(db, found))
        # a word alone is asked for once; of several it is asked first whether few have them all
        ids, number = _asked(db, query, few + 1 if len(words) > 1 else None)
        if number > few:
            everyone = ids if len(words) == 1 else _asked(db, query)[0]
            return Holding(query, None, common.keep(query, bits_of(ids_in(everyone))))
        if number:
            return Holding(query, ids)
    return Holding(query, ids, none=True)


def _narrowed(db: Session, words: Sequence[str], few: int, common: CommonWords) -> list[int]:
    """Who has all of these words, where it is remembered who has some: the database is asked for the others alone, and
    for petitions that are newer than what is remembered. Nobody, where it has to be asked for all of them: PostgreSQL
    meets words in its index, and looks at more rows for one of them than for all."""
    known = {word: common.of(query_of(db, [word])) for word in words}
    remembered = {word: bits for word, bits in known.items() if bits > 0}
    rare = [word for word, bits in known.items() if not bits]
    if not remembered or (rare and not ready.is_sqlite(db)):
        return []
    bits, since = reduce(and_, remembered.values()), min(bits.bit_length() for bits in remembered.values())
    if rare:
        ids, number = _asked(db, query_of(db, rare), few + 1)
        if not 0 < number <= few:
            return []
        candidates = ids_in(ids)
        older, has_newer = members_of(bits, candidates), max(candidates) >= since
    else:
        rarest = min(remembered, key=lambda word: remembered[word].bit_count())
        older, has_newer = ids_of(bits), bool(_since(db, [rarest], since))
    return [i for i in older if i < since] + (_since(db, words, since) if has_newer else [])


def _since(db: Session, words: Sequence[str], first: int) -> list[int]:
    """Who has all of these words, of the petitions from a number on."""

    def build() -> Select[*tuple[Any, ...]]:
        found = having(db)
        (i,) = found.selected_columns
        return gathered(db, found.where(i >= ready.given("first", BigInteger())))

    return ids_in(ready.rows(db, "holding-since", build, {"words": query_of(db, words), "first": first})[0][0])


def gather(db: Session, word: str, *, few: int, common: CommonWords, ahead: float) -> bool:
    """Has who has this word remembered for ``ahead`` seconds at least, where more than ``few`` have it and there is
    room; whether the database had to be asked. Some text has the word: if nobody is found by it, the index leaves it
    out."""
    query = query_of(db, [word])
    if common.lasts(query, ahead) or (common.is_full and not common.lasts(query, 0)):
        return False
    ids, number = _asked(db, query)
    if number > few or not number:
        common.keep(query, bits_of(ids_in(ids)) if number else SILENT)
    return True


class CommonWords:
    """Who has words that many have, for a while: as bits they meet without the database.

    Where they take too many bytes, what was gathered first goes first.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        #: when anybody last searched, by the monotonic clock
        self.asked_at = float("-inf")
        self.bytes = 0
        self._kept: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def known(self, query: str, each: Sequence[str]) -> int:
        """Who has all words of a query, as remembered of it or of ``each`` word; nobody, where neither is."""
        self.asked_at = time.monotonic()
        if (bits := self.of(query)) > 0:
            return bits
        return max(reduce(and_, map(self.of, each)), 0)  # all of them silent: nothing is asked for

    def lasts(self, query: str, seconds: float) -> bool:
        """Whether this is remembered for so long."""
        until, _bits = self._kept.get(query, (0.0, 0))
        return time.monotonic() + seconds < until

    @property
    def is_full(self) -> bool:
        """For what nobody has asked for yet; the rest of the room is for what people search for."""
        return self.bytes > MOST_COMMON * 3 // 4

    def keep(self, query: str, bits: int) -> int:
        with self._lock:
            self._drop(query)
            self._kept[query] = (time.monotonic() + self.seconds, bits)
            self.bytes += size_of(bits)
            while self._kept and (self.bytes > MOST_COMMON or not self.lasts(next(iter(self._kept)), 0)):
                self._drop(next(iter(self._kept)))
        return bits

    def _drop(self, query: str) -> None:
        _until, bits = self._kept.pop(query, (0.0, None))
        if bits is not None:
            self.bytes -= size_of(bits)

    def of(self, query: str) -> int:
        """Who has what is asked for, as remembered; nobody, where it is not."""
        until, bits = self._kept.get(query, (0.0, 0))
        return bits if time.monotonic() < until else 0


def _asked(db: Session, query: str, most: int | None = None) -> tuple[str, int]:
    """Who has what is asked for, as one value of the database, and how many these are; ``most``: enough of them."""
    if most is None:
        return ready.rows(db, "everyone", lambda: gathered(db, having(db)), {"words": query})[0]
    some = lambda: gathered(db, having(db).limit(ready.given("most", BigInteger())))
    return ready.rows(db, "holding", some, {"words": query, "most": most})[0]
