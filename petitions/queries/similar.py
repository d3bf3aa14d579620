"""Petitions like the one that somebody means to start.

The database says which petitions have the request's words in any form, in their titles or anywhere (SQLite
by FTS5, PostgreSQL by tsvector, each with an index for titles alone), and which titles resemble a word that nobody has written yet (by
trigrams). The rule of :mod:`petitions.rules.similarity` weighs them and compares the likeliest few,
alike on both. What one request may cost is bounded, however common its words are.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import combinations
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from app.core import ready
from app.core.ready import among, as_one
from petitions.queries.filters import P, Shape, in_state
from petitions.queries.finding import ENTRY, Entry
from petitions.rules.lifecycle import PetitionState
from petitions.rules.similarity import (
    IN_BACKGROUND,
    IN_TITLE,
    LEAST,
    Likeness,
    Text,
    significant,
    trigrams,
    weights,
)

#: a word that more petitions have is common: it tells something only beside another one
RARE = 200
MOST_PAIRED, MOST_COMPARED, MOST_NEAR = 3, 40, 10
#: longer stems stand for every word that begins with them, unless the word itself is found so often
LEAST_PREFIX, OFTEN = 5, 100
#: so long a word that is common stays so
COMMON_FOR, MOST_COMMON = 600.0, 20_000
SHOWN = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)


@dataclass(frozen=True)
class Wanted:
    """Words that a petition must all have; ``stem``: or for a single one, a word that begins so."""

    words: tuple[str, ...]
    in_title: bool = False
    stem: str = ""


class Having(NamedTuple):
    """Who has a word. Where it is common, neither is complete."""

    in_title: Sequence[int]
    anywhere: Sequence[int]

    @property
    def is_rare(self) -> bool:
        return len(self.anywhere) <= RARE


_NEWEST = "(SELECT CAST(coalesce(max(id), 0) AS TEXT) FROM petitions_petition)"
_COMMON = Having((), range(RARE + 1))


def similar(db: Session, action: str, *, most: int, now: datetime) -> Sequence[Entry]:
    """Published petitions that ask for much the same, the open ones first; none that was rejected or hidden."""
    words = significant(action)
    if not words:
        return ()
    search = _SQLITE if ready.is_sqlite(db) else _POSTGRES
    newest, having = _having(search, db, words)
    found_in = {s: len(had.anywhere) for s, had in having.items()}
    weighed = weights(found_in, newest)
    unknown = {s for s, n in found_in.items() if n == 0}
    points = _points(search, db, words, having, weighed)
    for stem in unknown:
        for near in search.near(db, words[stem]) if len(stem) >= LEAST_PREFIX else ():
            points[near] += weighed[stem]
    candidates = [i for _points, i in nlargest(MOST_COMPARED, zip(points.values(), points, strict=True))]
    return _likest(db, candidates, Likeness(weighed, unknown), most, now)


def _having(search: _Search, db: Session, words: Mapping[str, str]) -> tuple[int, dict[str, Having]]:
    """The newest petition, and by stem, who has the word. Which words are common is remembered: who has them is of
    no use."""
    asked = [s for s, word in words.items() if not search.common.has(word)]
    newest, each = search.having(db, [words[s] for s in asked])
    found = dict(zip(asked, each, strict=True))
    for s, had in found.items():
        if not had.is_rare:
            search.common.add(words[s])
    return newest, {s: found.get(s, _COMMON) for s in words}


def _points(
    search: _Search,
    db: Session,
    words: Mapping[str, str],
    having: Mapping[str, Having],
    weighed: Mapping[str, float],
) -> defaultdict[int, float]:
    """What the request's words give each petition that has them: rare ones alone, common ones in pairs."""
    rare = {s: had for s, had in having.items() if had.is_rare}
    common = [s for s in having if s not in rare][:MOST_PAIRED]
    asked = [
        *((Wanted((words[s],), stem=s), (s,)) for s, had in rare.items() if _may_have_other_forms(s, had)),
        *(
            (Wanted((words[a], words[b]), in_title), (a, b))
            for a, b in combinations(common, 2)
            for in_title in (False, True)
        ),
    ]
    if not any(had.anywhere for had in rare.values()) and len(common) == 1:
        asked.append((Wanted((words[common[0]],), in_title=True), (common[0],)))
    places = {s: _placed(rare[s]) if s in rare else {} for s in having}
    for (wanted, stems), ids in zip(asked, search.holding(db, [w for w, _s in asked]), strict=True):
        for s in stems:  # what has a word in its title is put over what has it anywhere
            if wanted.in_title:
                places[s].update(dict.fromkeys(ids, IN_TITLE))
            else:
                places[s] = {**dict.fromkeys(ids, IN_BACKGROUND), **places[s]}
    points: defaultdict[int, float] = defaultdict(float)
    for s, where in places.items():
        weight = weighed[s]
        for i, place in where.items():
            points[i] += place * weight
    return points


def _placed(had: Having) -> dict[int, float]:
    return {**dict.fromkeys(had.anywhere, IN_BACKGROUND), **dict.fromkeys(had.in_title, IN_TITLE)}


def _may_have_other_forms(stem: str, had: Having) -> bool:
    return len(stem) >= LEAST_PREFIX and len(had.anywhere) <= OFTEN


def _likest(db: Session, ids: Sequence[int], like: Likeness, most: int, now: datetime) -> list[Entry]:
    """Those that are like enough: the likest, the open ones of them first."""
    values = {"ids": as_one(db, ids), "now": now}
    rows = ready.rows(db, "compared", lambda: _compared(db), values) if ids else []
    compared = [(like.share(Text(row[1], row[-2])), Entry._make(row[:-2]), row[-1]) for row in rows]
    likest = sorted(
        ((share, entry, is_open) for share, entry, is_open in compared if share >= LEAST),
        key=lambda found: (-round(found[0], 2), not found[2], -found[1].signature_count, -found[1].id),
    )[:most]
    return [entry for _share, entry, _open in sorted(likest, key=lambda found: not found[2])]


def _compared(db: Session) -> Select[*tuple[Any, ...]]:
    """What is shown of petitions, their background, and whether they are open."""
    is_open = in_state("open", Shape("open", "", overdue=True, by_department=False, by_topic=False, words=""))
    found = select(*ENTRY, P.background, is_open).with_hint(P.id.table, "NOT INDEXED", "sqlite")
    return found.where(among(db, P.id), P.state.in_(SHOWN), P.opened_at.is_not(None))


class _Common:
    """Words that many petitions have, for some minutes: hardly one of them becomes rare."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def has(self, word: str) -> bool:
        return time.monotonic() < self._until.get(word, 0.0)

    def add(self, word: str) -> None:
        if len(self._until) >= MOST_COMMON:
            self._until.clear()
        self._until[word] = time.monotonic() + COMMON_FOR


class _Search(Protocol):
    common: _Common

    def having(self, db: Session, words: Sequence[str]) -> tuple[int, list[Having]]:
        """The newest petition, and who has each of these words."""

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        """Ids of petitions for each of these, no more of them than tell a rare word from a common one."""

    def near(self, db: Session, word: str) -> list[int]:
        """Ids of petitions whose titles have a word much like this one, the likest first."""


class _Sqlite:
    """FTS5: the words of titles, those of three columns, and the trigrams of titles."""

    def __init__(self) -> None:
        self.common = _Common()

    def having(self, db: Session, words: Sequence[str]) -> tuple[int, list[Having]]:
        titles, anywhere = self._ids("petitions_search_title", ", count(*) AS n"), self._ids("petitions_search")
        one = f"(SELECT json_array(json(ids), json(CASE WHEN n <= {RARE} THEN ({anywhere}) END)) FROM ({titles}))"
        return _had(_each(db, [_NEWEST, *[one] * len(words)], [f'"{w}"' for w in words for _ in range(2)]))

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        asked = [f"({self._ids('petitions_search_title' if w.in_title else 'petitions_search')})" for w in wanted]
        return _each(db, asked, [self._query(w) for w in wanted])

    def _ids(self, index: str, beside: str = "") -> str:
        found = f"SELECT rowid AS id FROM {index} WHERE {index} MATCH ? LIMIT {RARE + 1}"
        return f"SELECT json_group_array(id) AS ids{beside} FROM ({found})"

    def _query(self, wanted: Wanted) -> str:
        return f'"{wanted.stem}"*' if wanted.stem else " AND ".join(f'"{w}"' for w in wanted.words)

    def near(self, db: Session, word: str) -> list[int]:
        query = " OR ".join(f'"{t}"' for t in sorted(trigrams(word)))
        found = text(
            "SELECT rowid FROM petitions_search_trigram WHERE petitions_search_trigram MATCH :query"
            " ORDER BY rank LIMIT :most"
        )
        return list(db.scalars(found, {"query": query, "most": MOST_NEAR}))


class _Postgres:
    """tsvector, of titles and of whole texts, and pg_trgm on titles."""

    def __init__(self) -> None:
        self.common = _Common()

    def having(self, db: Session, words: Sequence[str]) -> tuple[int, list[Having]]:
        titles, anywhere = self._ids("petitions_search_title", "words", ", count(*) AS n"), self._ids()
        one = f"(SELECT json_build_array(ids, CASE WHEN n <= {RARE} THEN ({anywhere}) END)::text FROM ({titles}) AS t)"
        return _had(_each(db, [_NEWEST, *[one] * len(words)], [w for w in words for _ in range(2)]))

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        asked = [self._ids("petitions_search_title", "words") if w.in_title else self._ids() for w in wanted]
        return _each(db, [f"(SELECT ids::text FROM ({one}) AS one)" for one in asked], [self._query(w) for w in wanted])

    def _ids(self, index: str = "petitions_search", column: str = "document", beside: str = "") -> str:
        found = f"SELECT petition_id AS id FROM {index} WHERE {column} @@ to_tsquery('english', %s) LIMIT {RARE + 1}"
        return f"SELECT coalesce(json_agg(id), '[]') AS ids{beside} FROM ({found}) AS found"

    def _query(self, wanted: Wanted) -> str:
        return f"{wanted.stem}:*" if wanted.stem else " & ".join(wanted.words)

    def near(self, db: Session, word: str) -> list[int]:
        found = text(
            "SELECT petition_id FROM petitions_search_title WHERE :word <% title"
            " ORDER BY word_similarity(:word, title) DESC, petition_id DESC LIMIT :most"
        )
        return list(db.scalars(found, {"word": word, "most": MOST_NEAR}))


_SQLITE, _POSTGRES = _Sqlite(), _Postgres()


def _had(found: Sequence[Any]) -> tuple[int, list[Having]]:
    """The newest petition and who has each word; what is common in titles alone was not looked for in whole texts."""
    newest, *each = found
    return newest, [Having(in_title, in_title if anywhere is None else anywhere) for in_title, anywhere in each]


def _each(db: Session, asked: Sequence[str], given: Sequence[str]) -> list[Any]:
    """What each query finds, all of them in one round trip, and each as one value: many rows take long to fetch."""
    if not asked:
        return []
    row = db.connection().exec_driver_sql(f"SELECT {', '.join(asked)}", tuple(given)).one()
    return [json.loads(ids) for ids in row]
