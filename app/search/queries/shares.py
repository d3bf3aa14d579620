"""How to find the first documents that have a word on PostgreSQL: by walking down the list until enough have it, or by
its index of tokens, which has no order and finds everyone.

Its planner knows how common each token is, but takes the walk for cheaper than it is: it chose it for words that one
text in sixty has, which took twice as long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.core import ready
from app.core.remember import Remembered

SECONDS = 600.0
#: a document that is walked past costs so much of one that the index finds (measured among 300,000)
WALKED = 0.44
_STATISTICS = """
    SELECT c.reltuples, s.most_common_elems::text::text[], s.most_common_elem_freqs
    FROM pg_class c LEFT JOIN pg_stats s
      ON s.schemaname = current_schema() AND s.tablename = c.relname AND s.attname = 'tokens'
    WHERE c.oid = to_regclass(%s)
    """

#: a token, or several that have to be there together
Term = str | tuple[str, ...]


class _Known(NamedTuple):
    documents: float
    shares: Mapping[str, float]


class Shares:
    """One deployment's, remembered for a while. ``words``: the table of documents and their tokens."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._known: Remembered[_Known] = Remembered(SECONDS)

    def walks(self, db: Session, terms: Sequence[Sequence[Term]], most: int) -> bool:
        """Whether the first ``most`` that have these terms are found sooner by walking; where PostgreSQL has no
        statistics yet, it may choose."""
        known = self._known.get(lambda: self._read(db))
        share = math.prod(min(1.0, sum(_share(one, known.shares) for one in either)) for either in terms)
        return not known.shares or share * share * known.documents > WALKED * most

    def _read(self, db: Session) -> _Known:
        documents, tokens, shares = ready.fetched(db, _STATISTICS, (self._words,))[0]
        return _Known(documents, dict(zip(tokens or (), shares or (), strict=False)))  # which end with their extremes


def _share(term: Term, shares: Mapping[str, float]) -> float:
    """As if words stood beside each other by chance; what is not among the commonest is as good as nowhere."""
    return math.prod(shares.get(token, 0.0) for token in ((term,) if isinstance(term, str) else term))
