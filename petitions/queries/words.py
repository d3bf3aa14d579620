"""Words that petitions are searched for: SQLite by FTS5, PostgreSQL by tsvector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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
from petitions.queries.members import bits_of, gathered, ids_in

MOST_WORDS = 12
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
    """A word as it was typed, whose accents FTS5 takes off by itself, or as we fold it: it keeps an ß."""
    forms = dict.fromkeys((word, *_WORD.findall(fold(word))))
    return "(" + " OR ".join(f'"{w}"{end}' for w in forms) + ")"


def holding(db: Session, words: Sequence[str], *, few: int) -> Holding:
    """Who has all of these words, or where nobody has, words that begin so."""
    for begun in (False, True):
        query = query_of(db, words, begun=begun)
        ids, number = ready.rows(db, "holding", lambda: _some(db), {"words": query, "most": few + 1})[0]
        if number > few:
            everyone = ready.one(db, "everyone", lambda: gathered(db, having(db)), {"words": query})
            return Holding(query, None, bits_of(ids_in(everyone)))
        if number:
            return Holding(query, ids)
    return Holding(query, ids, none=True)


def _some(db: Session) -> Select[*tuple[Any, ...]]:
    return gathered(db, having(db).limit(ready.given("most", BigInteger())))
